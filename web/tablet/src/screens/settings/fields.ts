// The settings as the form holds them, and back. An empty time means closed, or reachable always; empty lines of the list
// of segments are nothing. Names of fields are those of the box: `contacts.it_supplier.phone`, `hours.0`.

import type { Settings } from '../../api/types';

export interface Form {
  clinic: string;
  timezone: string;
  hours: { day: number; open: boolean; from: string; until: string }[];
  contacts: Settings['contacts'];
  mode: Settings['monitored']['mode'];
  segments: string;
  reason: string;
  share: boolean;
}

/** What a day gets that is switched to open. Guess: what most clinics have. */
const USUAL = { from: '08:00', until: '16:00' };

export function formOf(settings: Settings): Form {
  const hours = [0, 1, 2, 3, 4, 5, 6].map((day) => {
    const said = settings.hours.find((one) => one.day === day);
    const open = said?.from != null && said.until != null;
    return { day, open, from: said?.from ?? USUAL.from, until: said?.until ?? USUAL.until };
  });
  return {
    clinic: settings.clinic,
    timezone: settings.timezone,
    hours,
    contacts: settings.contacts.map((contact) => ({ ...contact })),
    mode: settings.monitored.mode,
    segments: settings.monitored.segments.join('\n'),
    reason: settings.monitored.reason,
    share: settings.share_device_names,
  };
}

export function settingsOf(form: Form): Settings {
  return {
    clinic: form.clinic.trim(),
    timezone: form.timezone.trim(),
    hours: form.hours.map(({ day, open, from, until }) => ({
      day,
      from: open ? clockOf(from) : null,
      until: open ? clockOf(until) : null,
    })),
    contacts: form.contacts.map((contact) => ({
      ...contact,
      hours_from: clockOf(contact.hours_from),
      hours_until: clockOf(contact.hours_until),
    })),
    monitored: {
      mode: form.mode,
      segments: form.segments.split(/[\s,]+/).filter((segment) => segment !== ''),
      reason: form.reason.trim(),
    },
    share_device_names: form.share,
  };
}

/** What a hurried hand writes as a time of day, as the box wants it: "8", "8.30" and "0830" are 08:00, 08:30, 08:30. */
export function clockOf(written: string): string {
  const text = written.trim();
  const parts = /^(\d{1,2})(?:[.:, ]?(\d\d))?$/.exec(text);
  return parts ? `${parts[1]!.padStart(2, '0')}:${parts[2] ?? '00'}` : text;
}

/** The time zones to choose from: those with a plain name, and the one in use. */
export function zonesOf(named: Record<string, string>, used: string): { id: string; name: string }[] {
  const ids = used in named ? Object.keys(named) : [...Object.keys(named), used];
  return ids.map((id) => ({ id, name: named[id] ?? id }));
}

/** Whether a refusal of the box is about this field of the form, or about something inside it. */
export function concerns(refused: string | null, field: string): boolean {
  return refused !== null && (refused === field || refused.startsWith(`${field}.`) || refused.startsWith(`${field}[`));
}

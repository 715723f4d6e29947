// The settings as the form holds them, and back. An empty time means closed, or reachable always; empty lines of the list
// of segments are nothing. Names of fields are those of the box: `contacts.it_supplier.phone`, `hours.0.from`.

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
      from: open ? from : null,
      until: open ? until : null,
    })),
    contacts: form.contacts.map((contact) => ({ ...contact })),
    monitored: {
      mode: form.mode,
      segments: form.segments.split(/[\s,]+/).filter((segment) => segment !== ''),
      reason: form.reason.trim(),
    },
    share_device_names: form.share,
  };
}

/** Whether a refusal of the box is about this field of the form, or about something inside it. */
export function concerns(refused: string | null, field: string): boolean {
  return refused !== null && (refused === field || refused.startsWith(`${field}.`) || refused.startsWith(`${field}[`));
}

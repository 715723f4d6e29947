// Moments and amounts as the desk writes them: short, and in Danish time, wherever its browser is: the clinics are in it.

import { fill, type Lang, type Words } from '.';

const TAG = { da: 'da-DK', en: 'en-GB' };

/** The zone of every moment that the desk shows. */
export const ZONE = 'Europe/Copenhagen';
const timeZone = ZONE;

/** `12 Mar 10:42`; with the year when it is another. */
export function moment(rfc3339: string | null | undefined, lang: Lang, now: Date, seconds = false): string {
  const at = new Date(rfc3339 ?? NaN);
  if (Number.isNaN(at.getTime())) return '–';
  const year = new Intl.DateTimeFormat('en', { timeZone, year: 'numeric' });
  const day = new Intl.DateTimeFormat(TAG[lang], {
    timeZone, day: 'numeric', month: 'short', ...(year.format(at) === year.format(now) ? {} : { year: 'numeric' }),
  });
  const clock = new Intl.DateTimeFormat(TAG[lang], { timeZone, hour: '2-digit', minute: '2-digit', ...(seconds ? { second: '2-digit' } : {}) });
  return `${day.format(at)} ${clock.format(at)}`.replace(/ /g, '\u00a0');
}

/** `10:42`. */
export function clock(at: Date, lang: Lang): string {
  return new Intl.DateTimeFormat(TAG[lang], { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
}

/** The whole of a moment, with its zone: `12 March 2026 at 10:42:07 CET`. */
export function whole(rfc3339: string, lang: Lang): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return '–';
  return new Intl.DateTimeFormat(TAG[lang], { timeZone, dateStyle: 'long', timeStyle: 'long' }).format(at);
}

/** `UTC+1`: how far Danish time is from the world's at this moment. */
export function offset(now: Date): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' }).formatToParts(now);
  return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC');
}

/** As if it were written in Danish time: for what shows a moment by its own offset. */
export function inZone(rfc3339: string): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return rfc3339;
  const parts = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
  const hours = /([+-])(\d+)/.exec(offset(at));
  return `${parts.replace(' ', 'T')}${hours?.[1] ?? '+'}${(hours?.[2] ?? '0').padStart(2, '0')}:00`;
}

/** `3 min ago`. A moment in the future, by a clock that is wrong, is just now. */
export function ago(rfc3339: string | null | undefined, words: Words, now: Date): string {
  const ms = now.getTime() - new Date(rfc3339 ?? NaN).getTime();
  if (Number.isNaN(ms)) return '–';
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return words.when.now;
  if (minutes < 60) return fill(words.when.minutes, { n: minutes });
  if (minutes < 48 * 60) return fill(words.when.hours, { n: Math.floor(minutes / 60) });
  return fill(words.when.days, { n: Math.floor(minutes / 1440) });
}

/** `1.4 MB`. */
export function bytes(count: number, lang: Lang): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(TAG[lang], { maximumFractionDigits: digits }).format(value)}\u00a0${units[unit]}`;
}

/** `1 min 20 s`. */
export function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${Math.round(ms / 100) / 10}\u00a0s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
  return `${Math.floor(seconds / 3600)}\u00a0h ${Math.floor((seconds % 3600) / 60)}\u00a0min`;
}

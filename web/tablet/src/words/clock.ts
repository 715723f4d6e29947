// Says when, the way the box does: "kl. 10.42", "den 3. maj kl. 10.42". Needed only where the box cannot speak: under a
// grey face. The box's own words (RFC 3339) carry the offset of the clinic's clock, and everything is said by that clock,
// wherever the browser thinks that it is.

import type { Lang } from '../api/types';

/** At what time. */
export function when(rfc3339: string, lang: Lang, now: Date): string {
  return said(rfc3339, lang, now, { da: ['', 'den '], en: ['at ', 'on '] });
}

/** Since what time. */
export function since(rfc3339: string, lang: Lang, now: Date): string {
  return said(rfc3339, lang, now, { da: ['siden ', 'siden den '], en: ['since ', 'since '] });
}

/** `before`: what stands before a time of today, and before a date. */
function said(rfc3339: string, lang: Lang, now: Date, before: Record<Lang, [string, string]>): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):\d\d(?:\.\d+)?(?:Z|([+-])(\d\d):(\d\d))$/.exec(rfc3339);
  if (!parts) return '';
  const [, day, hour, minute, sign, hours = 0, minutes = 0] = parts;
  const ahead = (sign === '-' ? -1 : 1) * (+hours * 60 + +minutes);
  const today = new Date(now.getTime() + ahead * 60_000).toISOString().slice(0, 10);
  const [beforeTime, beforeDate] = before[lang];
  const clock = lang === 'da' ? `kl. ${hour}.${minute}` : `${hour}:${minute}`;
  if (day === today) return `${beforeTime}${clock}`;
  const locale = lang === 'da' ? 'da-DK' : 'en-GB';
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
  return `${beforeDate}${date} ${lang === 'da' ? '' : 'at '}${clock}`;
}

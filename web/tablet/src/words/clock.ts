// Says when, the way the box does: "kl. 10.42", "den 3. maj kl. 10.42". Needed only where the box cannot speak: under a
// grey face. The time of day stands in the box's own words (RFC 3339 with the clinic's offset) and is not moved.

import type { Lang } from '../api/types';

export function when(rfc3339: string, lang: Lang, today: Date): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(rfc3339);
  if (!parts) return '';
  const [, year, month, day, hour, minute, offset] = parts as unknown as string[];
  const local = offset === 'Z' ? new Date(rfc3339) : new Date(+year!, +month! - 1, +day!, +hour!, +minute!);
  const two = (n: number) => String(n).padStart(2, '0');
  const clock = `${two(local.getHours())}${lang === 'da' ? '.' : ':'}${two(local.getMinutes())}`;
  const at = lang === 'da' ? `kl. ${clock}` : `at ${clock}`;
  if (local.toDateString() === today.toDateString()) return at;
  const date = new Intl.DateTimeFormat(lang === 'da' ? 'da-DK' : 'en-GB', { day: 'numeric', month: 'long' });
  return `${lang === 'da' ? 'den' : 'on'} ${date.format(local)} ${at}`;
}

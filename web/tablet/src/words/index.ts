// The tablet's own words: buttons, headings, labels, and what must be said when the box cannot speak. One catalogue, two
// languages. A key that one language lacks does not compile, in either direction. Sentences about the clinic come from
// the box and are not here.

import type { Lang } from '../api/types';
import da from './da.json';
import en from './en.json';

export type Words = typeof da & typeof en;

export const words: Record<Lang, Words> = { da, en };

/** Puts values into `{places}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Keeps a short word and what hangs on it together on one line: "it-leverandør", "pc-en" never break at the hyphen. */
export function keep(text: string): string {
  return text.replace(/(^|[^\p{L}])(\p{L}{1,3})-(?=\p{L})/gu, '$1$2\u2060-\u2060');
}

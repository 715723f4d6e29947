// The desk's words: one catalogue, two languages. A key that one language lacks does not compile, in either direction. Words about
// a clinic's trouble come from its box and are not here.

import da from './da.json';
import en from './en.json';

export { fill } from '../../../shared/words';

export type Lang = 'da' | 'en';
export type Words = typeof da & typeof en;

export const words: Record<Lang, Words> = { da, en };

// The tablet's own words: buttons, headings, labels, and what must be said when the box cannot speak. One catalogue, two
// languages. A key that one language lacks does not compile, in either direction. Sentences about the clinic come from
// the box and are not here.

import type { Lang } from '../api/types';
import da from './da.json';
import en from './en.json';

export { fill, keep } from '../../../shared/words';

export type Words = typeof da & typeof en;

export const words: Record<Lang, Words> = { da, en };

// The filters of the queue, as they stand in the address and as the centre is asked. Pure.

export const STATES = ['opened', 'updated', 'quiet', 'closed'] as const;
export const EXERCISES = ['hidden', 'only'] as const;
export const DUES = ['now', 'today', 'week', 'none'] as const;

/** The centre writes the same question down once in five minutes. */
const SAME_MS = 300_000;

export interface Filters {
  /** Empty lists ask for nothing. */
  state: string[];
  due: string[];
  category: string;
  kind: string;
  member: string;
  box: string;
  region: string;
  /** Came to the centre in the last so many hours; empty for ever. */
  hours: string;
  /** `hidden` leaves exercises out, `only` leaves out all else; empty shows both. */
  exercise: string;
  /** Words that all stand in the title, the member's name or the incident's. */
  text: string;
  /** `urgent` puts what is due first before what was seen last; anything else is by when it was seen. */
  order: string;
}

const LISTS = ['state', 'due'] as const;
const WORDS = ['category', 'kind', 'member', 'box', 'region', 'hours', 'exercise', 'text', 'order'] as const;

export function readFilters(query: URLSearchParams): Filters {
  const list = (name: string, known: readonly string[]) => (query.get(name) ?? '').split(',').filter((word) => known.includes(word));
  const word = (name: string) => query.get(name) ?? '';
  return {
    state: list('state', STATES), due: list('due', DUES),
    category: word('category'), kind: word('kind'), member: digits(word('member')), box: word('box'), region: word('region'),
    hours: digits(word('hours')), exercise: EXERCISES.find((one) => one === word('exercise')) ?? '', text: word('text').trim(),
    order: word('order') === 'urgent' ? 'urgent' : '',
  };
}

/** As it stands in the address, behind `#/incidents`. The same filters are the same address, whatever was pressed first. */
export function writeFilters(filters: Filters): string {
  return asQuery([
    ...LISTS.map((name) => [name, filters[name].join(',')] as const),
    ...WORDS.map((name) => [name, filters[name]] as const),
  ]);
}

/** As the centre is asked. */
export function askFor(filters: Filters, now: Date, after: string | null): string {
  const hours = Number(filters.hours);
  // The same question for a while, because each other one is written down.
  const asked = Math.floor(now.getTime() / SAME_MS) * SAME_MS;
  const since = hours > 0 ? new Date(asked - hours * 3_600_000).toISOString() : '';
  return asQuery([
    ...LISTS.map((name) => [name, filters[name].join(',')] as const),
    ...(['category', 'kind', 'member', 'box', 'region'] as const).map((name) => [name, filters[name]] as const),
    ['since', since],
    ['exercise', filters.exercise],
    ['text', filters.text],
    ['order', filters.order],
    ['after', after ?? ''],
    ['limit', '100'],
  ]);
}

export function toggled(list: string[], word: string, order: readonly string[]): string[] {
  const left = list.includes(word) ? list.filter((one) => one !== word) : [...list, word];
  return order.filter((one) => left.includes(one));
}

function asQuery(pairs: (readonly [string, string])[]): string {
  const query = pairs.filter(([, value]) => value !== '').map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ',')}`);
  return query.length === 0 ? '' : `?${query.join('&')}`;
}

function digits(text: string): string {
  return /^\d{1,9}$/.test(text) ? text : '';
}

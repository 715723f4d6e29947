// Keeps a list still under its reader: what is new waits until it is asked for, what is known changes where it stands. Pure.

import type { Row } from './api/types';
import { DUES } from './filters';

export const keyOf = (row: Row): string => `${row.box}/${row.incident.id}`;

export interface Held {
  /** What is shown. */
  rows: Row[];
  /** What came and is not shown yet, as the centre orders it. */
  coming: Row[];
  /** What is shown and no longer among what was asked for. */
  left: Set<string>;
}

/** The first page as the centre answers with it now, laid upon what is shown; `isAll` when there is no other page. */
export function hold(shown: Row[], fresh: Row[], isAll: boolean, order: string): Held {
  const now = new Map(fresh.map((row) => [keyOf(row), row]));
  const known = new Set(shown.map(keyOf));
  const last = fresh.at(-1);
  // What stands behind the page's last row may be on the next.
  const hasLeft = (row: Row) => !now.has(keyOf(row)) && (isAll || last === undefined || isBefore(row, last, order));
  return {
    rows: shown.map((row) => now.get(keyOf(row)) ?? row),
    coming: fresh.filter((row) => !known.has(keyOf(row))),
    left: new Set(shown.filter(hasLeft).map(keyOf)),
  };
}

/** As the centre orders them. */
function isBefore(a: Row, b: Row, order: string): boolean {
  const sooner = order === 'urgent' ? rank(a) - rank(b) : 0;
  return sooner === 0 ? seenAt(a) > seenAt(b) : sooner < 0;
}

const seenAt = (row: Row): number => Date.parse(row.incident.last_seen);
const rank = (row: Row): number => DUES.indexOf(row.incident.due) + (row.incident.state === 'closed' ? DUES.length : 0);

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
export function hold(shown: Row[], fresh: Row[], isAll: boolean): Held {
  const now = new Map(fresh.map((row) => [keyOf(row), row]));
  const known = new Set(shown.map(keyOf));
  const oldest = fresh.length === 0 ? 0 : Math.min(...fresh.map(seenAt));
  const hasLeft = (row: Row) => !now.has(keyOf(row)) && (isAll || seenAt(row) > oldest);
  return {
    rows: shown.map((row) => now.get(keyOf(row)) ?? row),
    coming: fresh.filter((row) => !known.has(keyOf(row))),
    left: new Set(shown.filter(hasLeft).map(keyOf)),
  };
}

const seenAt = (row: Row): number => Date.parse(row.incident.last_seen);

/** In the order in which they are read. */
export function ordered(rows: Row[], order: string): Row[] {
  if (order !== 'urgent') return rows;
  const rank = (row: Row) => DUES.indexOf(row.incident.due) + (row.incident.state === 'closed' ? DUES.length : 0);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

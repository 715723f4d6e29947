// Keeps a list still under its reader: what is new waits until it is asked for, what is known changes where it stands. Pure.

import type { Row } from './api/types';
import { DUES } from './filters';

export const keyOf = (row: Row): string => `${row.box}/${row.incident.id}`;

export interface Held {
  /** What is shown. */
  rows: Row[];
  /** What came and is not shown yet, as the centre orders it. */
  coming: Row[];
}

/** The page that the centre answers with now, laid upon what is shown. */
export function hold(shown: Row[], fresh: Row[]): Held {
  const now = new Map(fresh.map((row) => [keyOf(row), row]));
  const known = new Set(shown.map(keyOf));
  return { rows: shown.map((row) => now.get(keyOf(row)) ?? row), coming: fresh.filter((row) => !known.has(keyOf(row))) };
}

/** In the order in which they are read. */
export function ordered(rows: Row[], order: string): Row[] {
  if (order !== 'urgent') return rows;
  const rank = (row: Row) => DUES.indexOf(row.incident.due) + (row.incident.state === 'closed' ? DUES.length : 0);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}

// Groups what happened by day, in the order it came. The box says each day in words.

import type { Entry } from '../../api/types';

export interface Day {
  day: string;
  entries: Entry[];
}

export function byDay(entries: readonly Entry[]): Day[] {
  const days: Day[] = [];
  for (const entry of entries) {
    const last = days.at(-1);
    if (last?.day === entry.day) last.entries.push(entry);
    else days.push({ day: entry.day, entries: [entry] });
  }
  return days;
}

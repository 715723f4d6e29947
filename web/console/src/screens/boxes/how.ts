// How a box is, in few words. Pure.

import type { Box } from '../../api/types';
import { fill, type Words } from '../../words';

/** A clock that is off by less is right. Guess: the way to the centre is in it. */
const SKEW_MS = 5_000;

export function skew(ms: number, words: Words['boxes']): string {
  if (Math.abs(ms) < SKEW_MS) return words.skew_none;
  return fill(ms > 0 ? words.behind : words.ahead, { s: Math.round(Math.abs(ms) / 1000) });
}

/** Whether what it told of today is of today: its day ends at midnight UTC. */
export function isToday(box: Box, now: Date): boolean {
  return box.health?.at.slice(0, 10) === now.toISOString().slice(0, 10);
}

export function sight(box: Box, words: Words['boxes']): string {
  const ports = box.health?.ports;
  if (!ports) return '–';
  // What it said before it fell silent says nothing about now.
  if (box.state === 'silent' || box.state === 'revoked') return words.sight_unknown;
  if (ports.length === 0) return words.no_ports;
  const n = ports.filter((port) => port.sees).length;
  return n === ports.length ? fill(words.sees_all, { n }) : fill(words.sees_some, { n, m: ports.length });
}

export const waiting = (box: Box): number => sum(box, 'records');
export const dropped = (box: Box): number => sum(box, 'dropped');

function sum(box: Box, what: 'records' | 'dropped'): number {
  return Object.values(box.health?.waiting ?? {}).reduce((all, lane) => all + lane[what], 0);
}

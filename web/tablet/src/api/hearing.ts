// Decides what the tablet may show, from what it has heard and when. The rule of the house: never green by default. Only
// a home that came from the box since this page was opened, and a box that was heard within 90 s and still takes the line,
// make anything but grey. Pure: the time comes in.

/** Source: the product's rule of silence: a tablet that hears nothing for 90 s turns grey by itself. */
export const SILENT_AFTER_MS = 90_000;

/** Two clocks, because each alone can lie: one stops while the tablet sleeps, the other can be set. */
export interface Moment {
  steady: number;
  wall: number;
}

export interface Heard {
  /** When this page was opened. */
  opened: Moment;
  /** When anything at all came from the box. */
  last: Moment | null;
  /** Whether a home came from the box since the page was opened; one that was kept from earlier does not count. */
  hasHome: boolean;
  /** Nobody takes the line at the other end: there is no box, however lately it spoke. Until it speaks again. */
  refused: boolean;
}

/** `waiting` and `silent` are both grey: the first is short and asks nothing, the second says what to do. */
export type Hearing = 'waiting' | 'heard' | 'silent';

export function hearing(heard: Heard, now: Moment): Hearing {
  const since = heard.last ?? heard.opened;
  if (heard.refused || elapsed(since, now) >= SILENT_AFTER_MS) return 'silent';
  return heard.last !== null && heard.hasHome ? 'heard' : 'waiting';
}

/** How long until silence must be looked for again. */
export function untilSilent(heard: Heard, now: Moment): number {
  return Math.max(0, SILENT_AFTER_MS - elapsed(heard.last ?? heard.opened, now));
}

/** The clock that says longest is believed: a wrong grey mends itself with the next beat, a wrong green does not. */
function elapsed(from: Moment, to: Moment): number {
  return Math.max(to.steady - from.steady, to.wall - from.wall);
}

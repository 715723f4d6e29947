// What a key means. Letters mean nothing while somebody writes, and nothing together with Ctrl, Alt or Meta. Pure.

import type { Screen } from './route';

export type Deed =
  | { do: 'down' | 'up' | 'open' | 'back' | 'filter' | 'help' | 'more' | 'urgent' | 'write' }
  | { do: 'go'; to: Screen };

export interface Pressed {
  key: string;
  /** Ctrl, Alt or Meta is held. */
  isHeld: boolean;
  /** Somebody writes into a field. */
  writes: boolean;
  /** The focus is on something that the key presses by itself: a link, a button. */
  onControl: boolean;
}

const GO: Record<string, Screen> = { i: 'incidents', f: 'findings', w: 'warnings', b: 'boxes', m: 'members', a: 'audit' };
const DEEDS: Record<string, Deed['do']> = {
  j: 'down', ArrowDown: 'down', k: 'up', ArrowUp: 'up', '/': 'filter', '?': 'help', n: 'more', u: 'urgent', c: 'write', Escape: 'back', Enter: 'open',
};

/** `before` is the key before it, for the two that follow each other: `g i`. */
export function deedOf(pressed: Pressed, before: string): Deed | null {
  const { key, isHeld, writes, onControl } = pressed;
  if (isHeld) return null;
  if (writes) return key === 'Escape' ? { do: 'back' } : null;
  if (onControl && key === 'Enter') return null;
  if (before === 'g' && GO[key]) return { do: 'go', to: GO[key] };
  const deed = DEEDS[key];
  return deed === undefined ? null : ({ do: deed } as Deed);
}

/** Where the cursor is after a step; it stays inside. */
export function moved(at: number, step: 1 | -1, count: number): number {
  if (count === 0) return -1;
  return Math.min(Math.max(at + step, 0), count - 1);
}

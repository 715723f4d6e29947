// A warning that is being written, kept in this browser for whoever writes it, until it is sent or thrown away: a reload, the end of a
// session or a wrong key takes nothing.

import type { Audience, Draft } from './api/types';

type Lang = 'da' | 'en';

export interface Writing {
  /** What it was begun from, as the address says it: `finding=2`. */
  from: string;
  text: Record<Lang, { title: string; what: string; steps: string }>;
  urgency: Draft['urgency'];
  days: number;
  isExercise: boolean;
  audience: Required<Audience>;
}

export interface Kept {
  at: string;
  writing: Writing;
}

export class KeptDraft {
  #who: () => string | null;
  #changes = $state(0);

  constructor(who: () => string | null) {
    this.#who = who;
  }

  /** What this person left; null when there is nothing, or nothing that can be read. */
  get kept(): Kept | null {
    void this.#changes;
    const key = this.#key();
    return key === null ? null : read(localStorage.getItem(key));
  }

  keep(writing: Writing, now: Date): void {
    this.#set((key) => localStorage.setItem(key, JSON.stringify({ at: now.toISOString(), writing } satisfies Kept)));
  }

  drop(): void {
    this.#set((key) => localStorage.removeItem(key));
  }

  #set(deed: (key: string) => void): void {
    const key = this.#key();
    if (key === null) return;
    try {
      deed(key);
    } catch {
      // A browser that keeps nothing: then it stands on the page alone.
    }
    this.#changes += 1;
  }

  #key(): string | null {
    const who = this.#who();
    return who === null ? null : `draft:${who}`;
  }
}

/** An earlier version's draft, or somebody's hand in the storage, is no draft. */
export function read(text: string | null): Kept | null {
  try {
    const kept = JSON.parse(text ?? 'null') as Kept | null;
    const { from, text: words, audience } = kept?.writing ?? {};
    const isWhole = [words?.da, words?.en].every((one) => [one?.title, one?.what, one?.steps].every((part) => typeof part === 'string'));
    return kept && isWhole && typeof from === 'string' && Array.isArray(audience?.members) && !Number.isNaN(Date.parse(kept.at)) ? kept : null;
  } catch {
    return null;
  }
}

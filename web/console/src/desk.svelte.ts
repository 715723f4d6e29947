// What the desk knows: who sits at it, in which language and light, and whether the centre is heard. All pages read it.

import { Client, Problem } from './api/client';
import { Live, type Hearing } from './api/live';
import type { Calls, Session } from './api/types';
import { KeptDraft } from './draft.svelte';
import { words, type Lang } from './words';

export type Theme = 'system' | 'light' | 'dark';
type Door = 'opening' | 'in' | 'out' | 'silent';

/** Pages ask again at most so often. Guess: faster than this nobody reads. */
const NEWS_EVERY_MS = 1_000;
/** What calls is counted again at most so often. Guess: soon enough for a call, and each count looks at every box. */
const CALLS_EVERY_MS = 5_000;

class Desk {
  session = $state.raw<Session | null>(null);
  /** Whether somebody is signed in, as far as is known; `silent` is a centre that does not answer. */
  door = $state<Door>('opening');
  lang = $state<Lang>(kept('lang') === 'da' ? 'da' : 'en');
  theme = $state<Theme>((['light', 'dark'] as const).find((one) => one === kept('theme')) ?? 'system');
  hearing = $state<Hearing>('waiting');
  /** Grows each time the centre says that something is new: an effect that reads it asks again. */
  news = $state(0);
  /** Moves each half minute, so that "3 min ago" stays true. */
  now = $state.raw(new Date());
  words = $derived(words[this.lang]);
  /** How much wants to be looked at, wherever one is. */
  calls = $state.raw<Calls | null>(null);
  /** The sum of it, as the title of the page says it. */
  calling = $derived(this.calls === null ? 0 : this.calls.urgent + this.calls.findings + this.calls.blind + this.calls.silent);
  draft = new KeptDraft(() => this.session?.account ?? null);
  isAdministrator = $derived(this.session?.role === 'administrator');
  client = new Client(() => this.#out());
  #live: Live | null = null;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #isBehind = false;
  #counting: ReturnType<typeof setTimeout> | undefined;
  #isUncounted = false;

  async start(): Promise<void> {
    this.#light();
    setInterval(() => {
      this.now = new Date();
      // A box becomes silent without a word.
      this.#count();
    }, 30_000);
    if (location.hash.startsWith('#/sign-in/')) return void (this.door = 'out');
    // Why not stands on the page.
    await this.enter(() => this.client.session()).catch(() => undefined);
  }

  /** Lets somebody in whom the centre knows. */
  async enter(ask: () => Promise<Session | null>): Promise<void> {
    try {
      const session = await ask();
      if (session === null) return void (this.door = 'out');
      this.session = session;
      this.door = 'in';
      this.#count();
      this.#live ??= new Live({
        changed: () => this.#changed(),
        hearing: (is) => (this.hearing = is),
        refused: () => void this.client.session().catch(() => undefined),
      });
    } catch (error) {
      const isSilent = error instanceof Problem && error.status === 0;
      this.door = isSilent ? 'silent' : 'out';
      throw error;
    }
  }

  async leave(): Promise<void> {
    await this.client.signOut();
    this.#out();
  }

  speak(lang: Lang): void {
    this.lang = lang;
    localStorage.setItem('lang', lang);
  }

  shine(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem('theme', theme);
    this.#light();
  }

  /** In the page's language, where there is one word for what the centre said. */
  sorry(error: unknown): string {
    if (!(error instanceof Problem)) return String(error);
    const refused: Record<string, string> = this.words.refused;
    const why = error.why ?? (error.status === 404 ? 'missing' : '');
    return refused[why] ?? error.said ?? this.words.app.no_answer;
  }

  /** Whoever sits here has seen the findings up to this one. */
  sawFinding(no: number): void {
    if (no <= this.#seenFinding()) return;
    localStorage.setItem(this.#seenKey(), String(no));
    if (this.calls) this.calls = { ...this.calls, findings: 0 };
  }

  #seenKey = (): string => `finding:${this.session?.account ?? ''}`;
  #seenFinding = (): number => Number(kept(this.#seenKey())) || 0;

  /** At once, and then at most each few seconds. */
  #count(): void {
    if (this.door !== 'in') return;
    if (this.#counting !== undefined) return void (this.#isUncounted = true);
    this.#isUncounted = false;
    const seen = this.#seenFinding();
    this.client.calls(seen).then((calls) => {
      // What was seen in the meantime is new no longer.
      if (this.door === 'in') this.calls = seen === this.#seenFinding() ? calls : { ...calls, findings: 0 };
    }, () => undefined);
    this.#counting = setTimeout(() => {
      this.#counting = undefined;
      if (this.#isUncounted) this.#count();
    }, CALLS_EVERY_MS);
  }

  #out(): void {
    this.#live?.close();
    this.#live = null;
    this.hearing = 'waiting';
    this.calls = null;
    this.session = null;
    this.door = 'out';
  }

  /** At once, and then at most each second: a busy centre must not keep every open page asking. */
  #changed(): void {
    if (this.#resting !== undefined) return void (this.#isBehind = true);
    this.news += 1;
    this.#count();
    this.#isBehind = false;
    this.#resting = setTimeout(() => {
      this.#resting = undefined;
      if (this.#isBehind) this.#changed();
    }, NEWS_EVERY_MS);
  }

  #light(): void {
    if (this.theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.theme;
  }
}

function kept(name: string): string | null {
  return localStorage.getItem(name);
}

export const desk = new Desk();

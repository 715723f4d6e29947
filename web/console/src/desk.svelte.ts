// What the desk knows: who sits at it, in which language and light, and whether the centre is heard. All pages read it.

import { Client, Problem } from './api/client';
import { Live, type Hearing } from './api/live';
import type { Session } from './api/types';
import { words, type Lang } from './words';

export type Theme = 'system' | 'light' | 'dark';
type Door = 'opening' | 'in' | 'out' | 'silent';

/** Pages ask again at most so often. Guess: faster than this nobody reads. */
const NEWS_EVERY_MS = 1_000;

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
  isAdministrator = $derived(this.session?.role === 'administrator');
  client = new Client(() => this.#out());
  #live: Live | null = null;
  #resting: ReturnType<typeof setTimeout> | undefined;
  #isBehind = false;

  async start(): Promise<void> {
    this.#light();
    setInterval(() => (this.now = new Date()), 30_000);
    if (location.hash.startsWith('#/sign-in/')) return void (this.door = 'out');
    await this.enter(() => this.client.session());
  }

  /** Lets somebody in whom the centre knows. */
  async enter(ask: () => Promise<Session>): Promise<void> {
    try {
      this.session = await ask();
      this.door = 'in';
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

  /** In words: the centre's own, but for an address that leads nowhere, which is said in the language of the page. */
  sorry(error: unknown): string {
    if (!(error instanceof Problem)) return String(error);
    return error.status === 404 ? this.words.app.missing : (error.said ?? this.words.app.no_answer);
  }

  #out(): void {
    this.#live?.close();
    this.#live = null;
    this.hearing = 'waiting';
    this.session = null;
    this.door = 'out';
  }

  /** At once, and then at most each second: a busy centre must not keep every open page asking. */
  #changed(): void {
    if (this.#resting !== undefined) return void (this.#isBehind = true);
    this.news += 1;
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

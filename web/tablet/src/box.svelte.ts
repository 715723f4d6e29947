// What the tablet knows of its box, in one place that all screens read: the last home and whether the box is heard, the
// language, the session. It wires the stream (`api/live.ts`) to the screens and keeps the last home for the next start.

import { Client, Problem } from './api/client';
import { Live } from './api/live';
import type { Hearing } from './api/hearing';
import type { Home, Lang, Test } from './api/types';
import { words, type Words } from './words';

const KEPT = 'cyberalarm.home';
const KEPT_LANG = 'cyberalarm.lang';

class Box {
  lang = $state<Lang>('da');
  readonly client = new Client(() => this.lang);
  home = $state.raw<Home | null>(null);
  hearing = $state<Hearing>('waiting');
  lastHeard = $state<string | null>(null);
  test = $state.raw<Test | null>(null);
  version = $state<string | null>(null);
  readonly words: Words = $derived(words[this.lang]);
  #live: Live | null = null;

  async start(): Promise<void> {
    const kept = keptHome();
    if (kept) {
      this.home = kept.home;
      this.lastHeard = kept.lastHeard;
    }
    const chosen = localStorage.getItem(KEPT_LANG);
    if (chosen === 'da' || chosen === 'en') this.lang = chosen;
    else this.lang = (await this.#session())?.lang ?? 'da';
    this.#live = new Live(this.lang, {
      home: (home) => this.#keep(home),
      beat: (now) => (this.lastHeard = now),
      test: (test) => (this.test = test),
      hearing: (is) => (this.hearing = is),
      reopened: () => void this.#newVersion(),
    });
    document.addEventListener('visibilitychange', () => this.#live?.look());
    if (this.version === null) void this.#session();
  }

  speak(lang: Lang): void {
    this.lang = lang;
    localStorage.setItem(KEPT_LANG, lang);
    this.#live?.speak(lang);
  }

  /** What to show of an error: the box's words, or ours when it said none. */
  sorry(error: unknown): string {
    if (error instanceof Problem && error.said !== null) return error.said;
    return error instanceof Problem && error.status === 0 ? this.words.app.no_answer : this.words.app.went_wrong;
  }

  #keep(home: Home): void {
    if (home.lang !== this.lang) return; // the last word of a stream that was just left
    this.home = home;
    localStorage.setItem(KEPT, JSON.stringify({ home, lastHeard: home.now }));
  }

  async #session() {
    const session = await this.client.session().catch(() => null);
    if (session) this.version = session.version;
    return session;
  }

  async #newVersion(): Promise<void> {
    await this.#session();
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.update().catch(() => undefined);
  }
}

function keptHome(): { home: Home; lastHeard: string } | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null');
  } catch {
    return null;
  }
}

export const box = new Box();

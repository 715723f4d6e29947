// Listens to the box, and notices when it says nothing. One stream of events; the browser reconnects by itself after a
// broken line, and this does the rest: a stream that was refused for good, a line that is open but dead, and a box that
// takes no line any more.

import { hearing, untilSilent, type Heard, type Hearing, type Moment } from './hearing';
import type { Beat, Home, Lang, Test } from './types';

/** Three beats of 15 s: the line is taken for dead and opened anew, well before the face turns grey. */
export const DEAD_LINE_MS = 45_000;
/** A refused stream is asked for again after this. Guess; revisit after the pilot. */
export const RETRY_MS = 3_000;
/** So many tries in a row that nobody takes, and the box is not there. A browser tries every 3 to 5 s: after one, a box that only
 * starts anew is back. Guess; revisit after the pilot. */
export const REFUSALS = 2;
/** How often the clocks are compared, for a tablet that slept or whose clock was set. */
export const LOOK_MS = 5_000;

export interface Listener {
  home(home: Home): void;
  /** The box was heard, at this time of its own. */
  beat(now: string): void;
  test(test: Test): void;
  hearing(is: Hearing): void;
  /** The line was broken and is open again: perhaps the box has a new version. */
  reopened(): void;
}

export interface World {
  EventSource: new (url: string) => EventSource;
  now(): Moment;
}

const browser: World = {
  EventSource: globalThis.EventSource,
  now: () => ({ steady: performance.now(), wall: Date.now() }),
};

export class Live {
  #listener: Listener;
  #world: World;
  #lang: Lang;
  #heard: Heard;
  #is: Hearing = 'waiting';
  #source: EventSource | null = null;
  #wasBroken = false;
  #isOpen = false;
  /** Tries that nobody took, since the line was open. */
  #refusals = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #deadLine: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval>;

  constructor(lang: Lang, listener: Listener, world: World = browser) {
    this.#lang = lang;
    this.#listener = listener;
    this.#world = world;
    this.#heard = { opened: world.now(), last: null, hasHome: false, refused: false };
    this.#looking = setInterval(() => this.look(), LOOK_MS);
    this.#open();
    this.look();
  }

  /** The same stream in another language. */
  speak(lang: Lang): void {
    this.#lang = lang;
    this.#open();
  }

  /** Compares the clocks now; called by timers, and when the page becomes visible again. */
  look(): void {
    const now = this.#world.now();
    this.#become(hearing(this.#heard, now));
    clearTimeout(this.#silence);
    if (this.#is !== 'silent') this.#silence = setTimeout(() => this.look(), untilSilent(this.#heard, now));
  }

  close(): void {
    clearInterval(this.#looking);
    for (const timer of [this.#retry, this.#deadLine, this.#silence]) clearTimeout(timer);
    this.#source?.close();
  }

  #open(): void {
    this.#source?.close();
    clearTimeout(this.#retry);
    const source = new this.#world.EventSource(`/api/v1/events?lang=${this.#lang}`);
    this.#source = source;
    this.#isOpen = false;
    source.addEventListener('home', (event) => this.#home(JSON.parse(event.data) as Home));
    source.addEventListener('beat', (event) => this.#something((JSON.parse(event.data) as Beat).now));
    source.addEventListener('test', (event) => this.#test(JSON.parse(event.data) as Test));
    source.addEventListener('open', () => this.#opened(source));
    source.addEventListener('error', () => this.#broken(source));
    this.#watchLine();
  }

  #home(home: Home): void {
    this.#heard.hasHome = true;
    this.#listener.home(home);
    this.#something(home.now);
  }

  #test(test: Test): void {
    this.#listener.test(test);
    this.#something(null);
  }

  #something(boxTime: string | null): void {
    this.#heard.last = this.#world.now();
    this.#heard.refused = false;
    if (boxTime !== null) this.#listener.beat(boxTime);
    this.look();
    this.#watchLine();
  }

  #opened(source: EventSource): void {
    if (source !== this.#source) return;
    this.#isOpen = true;
    this.#refusals = 0;
    if (this.#wasBroken) this.#listener.reopened();
    this.#wasBroken = false;
  }

  #broken(source: EventSource): void {
    this.#wasBroken = true;
    if (source !== this.#source) return;
    // A line that was open and broke is no refusal yet: it may come back at once.
    if (this.#isOpen) this.#isOpen = false;
    else this.#refusals += 1;
    if (this.#refusals >= REFUSALS) {
      this.#heard.refused = true;
      this.look();
    }
    if (source.readyState !== 2 /* closed for good */) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), RETRY_MS);
  }

  #watchLine(): void {
    clearTimeout(this.#deadLine);
    this.#deadLine = setTimeout(() => this.#open(), DEAD_LINE_MS);
  }

  #become(is: Hearing): void {
    if (is === this.#is) return;
    this.#is = is;
    this.#listener.hearing(is);
  }
}

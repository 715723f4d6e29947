// Listens to the centre: what is new, and whether it is there at all. The browser reconnects by itself after a broken line; this
// does the rest: a stream that was refused for good, and a line that is open but dead.

/** Three beats of 15 s. */
export const DEAD_LINE_MS = 45_000;
/** A refused stream is asked for again after this. Guess. */
export const RETRY_MS = 3_000;

export type Hearing = 'waiting' | 'live' | 'lost';

export interface Listener {
  /** Something is new, or may be: the line was broken in between. */
  changed(): void;
  hearing(is: Hearing): void;
  /** The stream was refused: perhaps the session is over. */
  refused(): void;
}

export class Live {
  #listener: Listener;
  #Source: new (url: string) => EventSource;
  #source: EventSource | null = null;
  #is: Hearing = 'waiting';
  #retry: ReturnType<typeof setTimeout> | undefined;
  #deadLine: ReturnType<typeof setTimeout> | undefined;

  constructor(listener: Listener, Source: new (url: string) => EventSource = globalThis.EventSource) {
    this.#listener = listener;
    this.#Source = Source;
    this.#open();
  }

  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#deadLine);
    this.#source?.close();
    this.#source = null;
  }

  #open(): void {
    this.close();
    const source = new this.#Source('/api/v1/events');
    this.#source = source;
    source.addEventListener('open', () => this.#heard());
    source.addEventListener('beat', () => this.#heard());
    source.addEventListener('changed', () => {
      this.#heard();
      this.#listener.changed();
    });
    source.addEventListener('error', () => this.#broken(source));
    this.#watchLine();
  }

  #heard(): void {
    this.#watchLine();
    const wasLost = this.#is === 'lost';
    this.#become('live');
    if (wasLost) this.#listener.changed();
  }

  #broken(source: EventSource): void {
    if (source !== this.#source) return;
    this.#become('lost');
    if (source.readyState !== 2 /* closed for good */) return;
    this.#listener.refused();
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), RETRY_MS);
  }

  #watchLine(): void {
    clearTimeout(this.#deadLine);
    this.#deadLine = setTimeout(() => {
      this.#become('lost');
      this.#open();
    }, DEAD_LINE_MS);
  }

  #become(is: Hearing): void {
    if (is === this.#is) return;
    this.#is = is;
    this.#listener.hearing(is);
  }
}

// Something that a screen fetches, and fetches again when the language changes or the other side says something new.

import { untrack } from 'svelte';

export class Fetched<T> {
  value = $state.raw<T | null>(null);
  problem = $state('');
  loading = $state(false);
  #ask: () => Promise<T>;
  #sorry: (error: unknown) => string;
  #asked = 0;

  /** `sorry` says in words why it did not work. */
  constructor(ask: () => Promise<T>, sorry: (error: unknown) => string) {
    this.#ask = ask;
    this.#sorry = sorry;
  }

  /** What `ask` reads is what an effect that calls this depends on; what is kept here is not, or it would never end. */
  async fetch(): Promise<void> {
    const mine = ++this.#asked;
    this.loading = untrack(() => this.value === null);
    try {
      const value = await this.#ask();
      if (mine !== this.#asked) return;
      this.value = value;
      this.problem = '';
    } catch (error) {
      if (mine === this.#asked) this.problem = this.#sorry(error);
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }
}

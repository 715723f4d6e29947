// Something a screen fetches from the box, and fetches again when the language changes or the box says something new.

import { untrack } from 'svelte';
import { box } from './box.svelte';

export class Fetched<T> {
  value = $state.raw<T | null>(null);
  problem = $state('');
  loading = $state(false);
  #ask: () => Promise<T>;
  #asked = 0;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
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
      if (mine === this.#asked) this.problem = box.sorry(error);
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }
}

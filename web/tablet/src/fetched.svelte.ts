// Something a screen fetches from the box, and fetches again when the language changes or the box says something new.

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

  async fetch(): Promise<void> {
    const mine = ++this.#asked;
    this.loading = this.value === null;
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

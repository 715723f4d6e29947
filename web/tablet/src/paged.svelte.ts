// A list that is fetched from its newest part on, and further back when somebody asks. News and another language begin it anew.

import { box } from './box.svelte';
import { Fetched } from './fetched.svelte';

export class Paged<P extends { next: N | null }, N> {
  readonly newest: Fetched<P>;
  #older = $state.raw<P[]>([]);
  readonly parts: P[] = $derived.by(() => (this.newest.value === null ? [] : [this.newest.value, ...this.#older]));
  readonly next: N | null = $derived.by(() => this.parts.at(-1)?.next ?? null);
  busy = $state(false);
  #ask: (from: N | null) => Promise<P>;

  constructor(ask: (from: N | null) => Promise<P>) {
    this.#ask = ask;
    this.newest = new Fetched(() => ask(null));
    $effect(() => {
      void box.home?.seq;
      void this.newest.fetch();
    });
    $effect(() => {
      void this.newest.value;
      this.#older = [];
    });
  }

  async showOlder(): Promise<void> {
    this.busy = true;
    const newest = this.newest.value;
    try {
      const part = await this.#ask(this.next);
      if (this.newest.value === newest) this.#older = [...this.#older, part];
    } catch (error) {
      this.newest.problem = box.sorry(error);
    } finally {
      this.busy = false;
    }
  }
}

// Something a page fetches from the centre, and fetches again when the centre says that something is new.

import { Fetched as Any } from '../../shared/fetched.svelte';
import { Problem } from './api/client';
import { desk } from './desk.svelte';

export class Fetched<T> extends Any<T> {
  /** The centre says that there is no such thing. */
  missing = $state(false);

  constructor(ask: () => Promise<T>) {
    super(ask, (error) => this.#sorry(error));
  }

  #sorry(error: unknown): string {
    this.missing = error instanceof Problem && error.status === 404;
    return desk.sorry(error);
  }
}

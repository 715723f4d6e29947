// Something a page fetches from the centre, and fetches again when the centre says that something is new.

import { Fetched as Any } from '../../shared/fetched.svelte';
import { desk } from './desk.svelte';

export class Fetched<T> extends Any<T> {
  constructor(ask: () => Promise<T>) {
    super(ask, (error) => desk.sorry(error));
  }
}

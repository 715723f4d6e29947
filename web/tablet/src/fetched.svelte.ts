// Something a screen fetches from the box, and fetches again when the language changes or the box says something new.

import { Fetched as Any } from '../../shared/fetched.svelte';
import { box } from './box.svelte';

export class Fetched<T> extends Any<T> {
  constructor(ask: () => Promise<T>) {
    super(ask, (error) => box.sorry(error));
  }
}

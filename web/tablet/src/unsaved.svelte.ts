// What somebody has typed and not saved. Its screen is not left before they have said what becomes of it: App.svelte asks, and
// the browser asks when the page itself is closed.

export class Unsaved {
  /** Saves it, and says whether that worked; null while there is nothing to save. */
  save = $state.raw<(() => Promise<boolean>) | null>(null);
  /** Where somebody wanted to go. */
  wanted = $state<string | null>(null);
}

export const unsaved = new Unsaved();

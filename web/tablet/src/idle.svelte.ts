// Knows whether anybody is at the tablet. After 60 s without a touch it becomes a picture on the wall: a face and a
// sentence that are read across the room. Work that is not saved is told here, so that the wall does not throw it away.

/** Source: the product's rule for a tablet that nobody touches: wall mode after 60 s. */
export const WALL_AFTER_MS = 60_000;

class Idle {
  wall = $state(false);
  /** Something typed and not saved, or a test under way: after the wall the reader comes back to it. */
  busy = $state(false);
  #timer: ReturnType<typeof setTimeout> | undefined;

  touched(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.wall = true), WALL_AFTER_MS);
  }

  wake(): void {
    this.wall = false;
    this.touched();
  }
}

export const idle = new Idle();

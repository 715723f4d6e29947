import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// The runes of Svelte are a matter of its compiler; here a state is a plain value.
vi.stubGlobal('$state', (value: unknown) => value);
const { idle, WALL_AFTER_MS } = await import('./idle.svelte');

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('the_wall_comes_a_minute_after_the_last_touch', () => {
  idle.wake();
  vi.advanceTimersByTime(WALL_AFTER_MS - 1);
  idle.touched();
  vi.advanceTimersByTime(WALL_AFTER_MS - 1);
  expect(idle.wall).toBe(false);
  vi.advanceTimersByTime(1);
  expect(idle.wall).toBe(true);
  idle.wake();
  expect(idle.wall).toBe(false);
});

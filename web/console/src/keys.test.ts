import { expect, test } from 'vitest';
import { deedOf, moved, type Pressed } from './keys';

const press = (key: string, more: Partial<Pressed> = {}, before = '') =>
  deedOf({ key, isHeld: false, writes: false, onControl: false, ...more }, before);

test('letters_move_and_two_letters_go', () => {
  expect(press('j')).toEqual({ do: 'down' });
  expect(press('ArrowUp')).toEqual({ do: 'up' });
  expect(press('b', {}, 'g')).toEqual({ do: 'go', to: 'boxes' });
  expect(press('i', {}, 'g')).toEqual({ do: 'go', to: 'incidents' });
  expect(press('b')).toBeNull();
});

test('whoever_writes_writes', () => {
  for (const key of ['j', '/', '?', 'u', 'c', 'Enter', 'ArrowDown']) expect(press(key, { writes: true }), key).toBeNull();
  expect(press('i', { writes: true }, 'g')).toBeNull();
  expect(press('Escape', { writes: true })).toEqual({ do: 'back' });
});

test('the_browsers_own_keys_are_left_alone', () => {
  expect(press('c', { isHeld: true })).toBeNull();
  expect(press('Enter', { onControl: true })).toBeNull();
  expect(press('Tab')).toBeNull();
});

test('the_cursor_stays_inside', () => {
  expect([moved(-1, 1, 3), moved(2, 1, 3), moved(0, -1, 3), moved(-1, -1, 3), moved(0, 1, 0)]).toEqual([0, 2, 0, 0, -1]);
});

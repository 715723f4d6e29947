import { expect, test } from 'vitest';
import type { Entry } from '../../api/types';
import { byDay } from './days';

const entry = (key: string, day: string): Entry => ({ key, day, at: '', face: null, title: '', device: null, text: '', state: 'opened' });

test('entries_stand_under_their_day_in_the_order_they_came', () => {
  const days = byDay([entry('c', 'i dag'), entry('b', 'i dag'), entry('a', 'i går')]);
  expect(days.map(({ day, entries }) => [day, entries.map((one) => one.key)])).toEqual([['i dag', ['c', 'b']], ['i går', ['a']]]);
});

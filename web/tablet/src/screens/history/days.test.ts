import { expect, test } from 'vitest';
import type { Entry } from '../../api/types';
import { byDay } from './days';

const entry = (seq: number, day: string): Entry => ({ seq, day, at: '', face: null, title: '', device: null, text: '', state: 'opened' });

test('entries_stand_under_their_day_in_the_order_they_came', () => {
  const days = byDay([entry(3, 'i dag'), entry(2, 'i dag'), entry(1, 'i går')]);
  expect(days.map(({ day, entries }) => [day, entries.map((one) => one.seq)])).toEqual([['i dag', [3, 2]], ['i går', [1]]]);
});

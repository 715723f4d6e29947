import { expect, test } from 'vitest';
import { stretch } from './stretch';

const at = (hour: number) => `2026-03-12T${String(hour).padStart(2, '0')}:00:00Z`;
const of = (first: number, last: number) => ({ first: at(first), last: at(last) });

test('a_time_lies_where_it_was', () => {
  expect(stretch(of(2, 6), of(2, 10))).toEqual({ from: 0, wide: 50 });
  expect(stretch(of(6, 10), of(2, 10))).toEqual({ from: 50, wide: 50 });
});

test('what_is_short_is_seen_and_stays_inside', () => {
  expect(stretch(of(10, 10), of(2, 10))).toEqual({ from: 96, wide: 4 });
  expect(stretch(of(3, 3), of(3, 3))).toEqual({ from: 0, wide: 4 });
});

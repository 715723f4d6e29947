import { expect, test } from 'vitest';
import { askFor, readFilters, toggled, writeFilters } from './filters';

const read = (query: string) => readFilters(new URLSearchParams(query));
const now = new Date('2026-03-12T10:04:59Z');

test('an_address_says_the_same_when_it_is_read_and_written', () => {
  for (const query of ['', '?state=opened,updated&due=now,today&region=Syd&hours=24&order=urgent', '?kind=dns-tunnel&member=7&box=00ff', '?exercise=hidden&text=l%C3%A6ge%20nord']) {
    expect(writeFilters(read(query))).toBe(query);
  }
});

test('what_is_not_known_asks_for_nothing', () => {
  expect(writeFilters(read('?state=open,opened&due=never&member=x&hours=-3&order=random&else=1&exercise=maybe&text=%20'))).toBe('?state=opened');
});

test('a_name_with_signs_survives', () => {
  const query = writeFilters({ ...read(''), region: 'Nord & Øst, 100 %' });
  expect(read(query).region).toBe('Nord & Øst, 100 %');
});

test('the_centre_is_asked_in_this_order_and_with_a_moment', () => {
  expect(askFor(read('?due=now&hours=24&order=urgent'), now, null)).toBe('?due=now&since=2026-03-11T10%3A00%3A00.000Z&order=urgent&limit=100');
  expect(askFor(read('?exercise=only&text=nord'), now, null)).toBe('?exercise=only&text=nord&limit=100');
  expect(askFor(read(''), now, '5.1.ab')).toBe('?after=5.1.ab&limit=100');
});

test('what_was_pressed_first_does_not_matter', () => {
  const order = ['now', 'today', 'week'];
  expect(toggled(['today'], 'now', order)).toEqual(['now', 'today']);
  expect(toggled(['now', 'today'], 'now', order)).toEqual(['today']);
});

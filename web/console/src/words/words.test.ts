import { expect, test } from 'vitest';
import type { Box, Sent } from '../api/types';
import { sight, skew } from '../screens/boxes/how';
import { stepsOf, whom } from '../screens/warnings/said';
import { words } from '.';
import { ago, bytes, clock, inZone, moment, offset, span, whole } from './time';

const now = new Date('2026-03-12T09:42:00Z');

test('both_languages_have_the_same_places_to_fill', () => {
  const flat = (tree: object): string[] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [`${key} ${(value.match(/\{\w+\}/g) ?? []).sort().join()}`] : flat(value as object),
    );
  expect(flat(words.da)).toEqual(flat(words.en));
});

test('how_long_ago', () => {
  expect(ago('2026-03-12T09:41:30Z', words.en, now)).toBe('just now');
  expect(ago('2026-03-12T09:39:00Z', words.en, now)).toBe('3 min ago');
  expect(ago('2026-03-11T20:42:00Z', words.en, now)).toBe('13 h ago');
  expect(ago('2026-03-01T09:42:00Z', words.da, now)).toBe('for 11 d. siden');
  // A box whose clock is ahead does not speak of the future.
  expect(ago('2026-03-12T10:42:00Z', words.en, now)).toBe('just now');
  expect([ago(null, words.en, now), moment('yesterday', 'en', now)]).toEqual(['–', '–']);
});

test('moments_are_danish_wherever_the_browser_is', () => {
  expect(moment('2026-03-12T09:42:07Z', 'en', now, true)).toBe('12\u00a0Mar\u00a010:42:07');
  expect(moment('2025-12-31T23:30:00Z', 'en', now)).toBe('1\u00a0Jan\u00a000:30');
  expect([clock(now, 'en'), offset(now), offset(new Date('2026-07-01T00:00:00Z'))]).toEqual(['10:42', 'UTC+1', 'UTC+2']);
  expect([inZone('2026-03-12T09:42:07Z'), inZone('x')]).toEqual(['2026-03-12T10:42:07+01:00', 'x']);
  expect(whole('2026-03-12T09:42:07Z', 'en')).toMatch(/^12 March 2026.*10:42:07 CET$/);
});

test('amounts_are_short', () => {
  expect(bytes(999, 'en')).toBe('999\u00a0B');
  expect(bytes(1_412_000_000, 'da')).toBe('1,4\u00a0GB');
  expect([span(740), span(74_000), span(5_400_000)]).toEqual(['0.7\u00a0s', '1\u00a0min 14\u00a0s', '1\u00a0h 30\u00a0min']);
});

test('a_clock_and_ports_in_few_words', () => {
  expect([skew(400, words.en.boxes), skew(42_000, words.en.boxes), skew(-9_000, words.en.boxes)]).toEqual(['right', '42 s behind', '9 s ahead']);
  const box = (sees: boolean[]) => ({ health: { ports: sees.map((one, number) => ({ number, sees: one })) } }) as unknown as Box;
  const silent = { ...box([true]), state: 'silent' } as Box;
  expect(sight(silent, words.en.boxes)).toBe('not known');
  expect([[true], [true, false], []].map((ports) => sight(box(ports), words.en.boxes))).toEqual(['1 of 1 ports hear', '1 of 2 ports hear', 'no port']);
});

test('an_audience_in_few_words', () => {
  const nobody: Sent['audience'] = { all: false, kinds: [], regions: [], municipalities: [], suppliers: [], members: [] };
  expect(whom({ ...nobody, kinds: ['gp'], suppliers: ['A It', 'B It'] }, words.en)).toBe('General practice · A It, B It');
  expect(whom({ ...nobody, members: [2, 5] }, words.en)).toBe('2 named members');
  expect(whom({ ...nobody, all: true }, words.da)).toBe('Alle aktører');
});

test('steps_are_lines', () => expect(stepsOf('  Ring nu. \n\n Sluk.\n')).toEqual(['Ring nu.', 'Sluk.']));

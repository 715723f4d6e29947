import { expect, test } from 'vitest';
import { hearing, SILENT_AFTER_MS, untilSilent, type Heard, type Moment } from './hearing';

const at = (ms: number): Moment => ({ steady: ms, wall: 1_000_000 + ms });
const opened: Heard = { opened: at(0), last: null, hasHome: false, refused: false };
const heard: Heard = { opened: at(0), last: at(1_000), hasHome: true, refused: false };

test('nothing_heard_yet_is_waiting_then_silent', () => {
  expect(hearing(opened, at(0))).toBe('waiting');
  expect(hearing(opened, at(SILENT_AFTER_MS - 1))).toBe('waiting');
  expect(hearing(opened, at(SILENT_AFTER_MS))).toBe('silent');
});

test('a_word_lasts_ninety_seconds_and_no_longer', () => {
  expect(hearing(heard, at(1_000 + SILENT_AFTER_MS - 1))).toBe('heard');
  expect(hearing(heard, at(1_000 + SILENT_AFTER_MS))).toBe('silent');
  expect(untilSilent(heard, at(31_000))).toBe(SILENT_AFTER_MS - 30_000);
});

test('beats_without_a_home_are_not_enough', () => {
  expect(hearing({ ...heard, hasHome: false }, at(2_000))).toBe('waiting');
});

test('a_tablet_that_slept_is_silent_though_its_steady_clock_stood_still', () => {
  expect(hearing(heard, { steady: 1_000, wall: 1_000_000 + 3_600_000 })).toBe('silent');
});

test('a_clock_set_back_does_not_keep_an_old_word_alive', () => {
  expect(hearing(heard, { steady: 1_000 + SILENT_AFTER_MS, wall: 0 })).toBe('silent');
});

test('a_box_that_takes_no_line_is_silent_however_lately_it_spoke', () => {
  expect(hearing({ ...heard, refused: true }, at(1_001))).toBe('silent');
});

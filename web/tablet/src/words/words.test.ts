import { expect, test } from 'vitest';
import { fill, keep, words } from '.';
import { since, when } from './clock';

const today = new Date('2026-03-12T10:00:00Z');

test('the_time_of_the_clinic_stands_as_the_box_said_it', () => {
  expect(when('2026-03-12T10:42:07+01:00', 'da', today)).toBe('kl. 10.42');
  expect(when('2026-03-12T10:42:07.5+09:00', 'en', today)).toBe('at 10:42');
  expect(when('2026-03-03T10:42:07+01:00', 'da', today)).toBe('den 3. marts kl. 10.42');
  expect(when('2026-03-03T10:42:07+01:00', 'en', today)).toBe('on 3 March at 10:42');
  expect(when('2026-03-12T10:42:07Z', 'da', today)).toBe('kl. 10.42');
  expect(when('yesterday', 'da', today)).toBe('');
});

test('what_day_it_is_is_asked_of_the_clinics_clock', () => {
  const late = new Date('2026-03-12T23:30:00Z'); // half past midnight in Denmark
  expect(when('2026-03-13T00:15:00+01:00', 'da', late)).toBe('kl. 00.15');
  expect(when('2026-03-12T23:15:00+01:00', 'da', late)).toBe('den 12. marts kl. 23.15');
  expect(when('2026-03-12T20:15:00-03:30', 'en', late)).toBe('at 20:15');
});

test('since_when_is_said_as_people_say_it', () => {
  expect(since('2026-03-12T10:42:07+01:00', 'da', today)).toBe('siden kl. 10.42');
  expect(since('2026-03-12T10:42:07+01:00', 'en', today)).toBe('since 10:42');
  expect(since('2026-03-03T10:42:07+01:00', 'da', today)).toBe('siden den 3. marts kl. 10.42');
  expect(since('2026-03-03T10:42:07+01:00', 'en', today)).toBe('since 3 March at 10:42');
});

test('short_words_and_times_are_kept_on_one_line', () => {
  expect(keep('Ring til it-leverandøren kl. 8')).toBe('Ring til it\u2060-\u2060leverandøren kl.\u00a08');
  expect(keep('backup-drev, 1,4 GB')).toBe('backup-drev, 1,4\u00a0GB');
});

test('places_are_filled_and_unknown_ones_stay', () => {
  expect(fill('{n} af {m}', { n: 3 })).toBe('3 af {m}');
});

test('both_languages_have_the_same_places_to_fill', () => {
  const flat = (tree: object): string[] =>
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [`${key} ${(value.match(/\{\w+\}/g) ?? []).sort().join()}`] : flat(value as object),
    );
  expect(flat(words.en)).toEqual(flat(words.da));
});

test('no_promise_of_safety_no_blame_no_jargon', () => {
  const all = JSON.stringify(words).toLowerCase();
  for (const word of ['i er sikre', 'you are safe', 'malware', 'phishing', 'ip-adresse', ' dns', 'firewall', 'brugeren', 'the user', 'jeres skyld']) {
    expect(all).not.toContain(word);
  }
});

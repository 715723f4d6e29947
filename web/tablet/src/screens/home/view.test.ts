import { expect, test } from 'vitest';
import type { Card, Home, Warning } from '../../api/types';
import { words } from '../../words';
import { isNamed, openCard, unanswered, viewOf, weight, worstFirst } from './view';

const card = (id: string, face: Card['face'], due: Card['due'], more: Partial<Card> = {}): Card => ({
  id, case: id, face, due, kind: '', category: '', title: id, steps: [], call: null, what: '', meaning: '', since: '',
  device: null, seen: null, can: ['seen'], known_label: null, ended: false, solved: null, is_test: false, technical: [], ...more,
});
const green: Home = {
  lang: 'da', clinic: 'A', mark: null, face: 'ok', learning: false, acknowledged: false, headline: 'Alt ser godt ud',
  subline: '', also: [], checked: 'Sidst tjekket kl. 10.42', parts: [], cards: [], warnings: [], ports: [], without_number: [], seq: 1, now: '',
};
const now = new Date('2026-03-12T10:00:00Z');
const lastHeard = '2026-03-12T10:42:00+01:00';
const ids = (cards: Card[]) => cards.map((one) => one.id);

test('only_a_heard_box_makes_green', () => {
  const face = (hearing: 'waiting' | 'heard' | 'silent', home: Home | null = green) =>
    viewOf({ home, hearing, lastHeard }, words.da, 'da', now).face;
  expect(face('heard')).toBe('ok');
  expect(face('waiting')).toBe('unknown');
  expect(face('silent')).toBe('unknown');
  expect(face('heard', null)).toBe('unknown');
});

test('a_silent_box_leaves_its_last_cards_under_what_to_do_and_takes_no_orders', () => {
  const home = { ...green, face: 'act' as const, cards: [card('y', 'attention', 'week'), card('r', 'act', 'now')] };
  const view = viewOf({ home, hearing: 'silent', lastHeard }, words.da, 'da', now);
  expect(ids(view.cards)).toEqual(['silent']);
  expect(ids(view.before)).toEqual(['r', 'y']);
  expect(view.live).toBe(false);
  expect(view.checked).toBe('Sidst set kl. 10.42');
  expect(view.parts.map((part) => part.face)).toEqual(['unknown', 'unknown', 'unknown']);
});

test('a_warning_stays_in_sight_when_the_box_falls_silent', () => {
  const warning = (id: string, answer: Warning['answer']): Warning => ({
    id, urgency: 'today', title: id, what: '', steps: [], issued: '', answer, answered: null, can: [], is_exercise: false,
  });
  const home = { ...green, warnings: [warning('new', null), warning('old', 'seen')] };
  const view = viewOf({ home, hearing: 'silent', lastHeard }, words.da, 'da', now);
  expect(unanswered(view.warnings).map(({ id }) => id)).toEqual(['new']);
});

test('a_recording_stays_marked_when_the_box_falls_silent', () => {
  const home = { ...green, mark: 'recording' as const };
  expect(viewOf({ home, hearing: 'silent', lastHeard }, words.da, 'da', now).mark).toBe('recording');
});

test('worst_first_and_a_test_last', () => {
  const cards = [
    card('test', 'act', 'now', { is_test: true }), card('week', 'attention', 'week'), card('grey', 'unknown', 'now'),
    card('today', 'attention', 'today'), card('seen', 'act', 'now', { seen: 'Set' }), card('red', 'act', 'now'),
  ];
  expect(ids(worstFirst(cards))).toEqual(['red', 'seen', 'grey', 'today', 'week', 'test']);
});

test('the_chosen_card_is_open_until_something_worse_comes', () => {
  const [red, yellow, worse] = [card('red', 'act', 'now'), card('yellow', 'attention', 'week'), card('worse', 'act', 'now')];
  const chosen = { id: 'yellow', worst: 'red' };
  expect(openCard([red, yellow], null)).toBe(red);
  expect(openCard([red, yellow], chosen)).toBe(yellow);
  expect(openCard([red], chosen)).toBe(red);
  expect(openCard([worse, red, yellow], chosen)).toBe(worse);
  expect(openCard([], chosen)).toBe(null);
});

test('much_text_is_set_smaller', () => {
  expect(weight(card('a', 'act', 'now', { what: 'x'.repeat(100) }))).toBe('light');
  expect(weight(card('a', 'act', 'now', { what: 'x'.repeat(600) }))).toBe('heavy');
});

test('who_is_called_what_they_are_is_named_once', () => {
  const call = (role: string, name: string) => ({ role, name, phone: null, email: null, hours: null });
  expect(isNamed(call('DCIS Sund', 'DCIS Sund'))).toBe(false);
  expect(isNamed(call('it-leverandøren', 'It-leverandøren'))).toBe(false);
  expect(isNamed(call('it-leverandøren', ''))).toBe(false);
  expect(isNamed(call('it-leverandøren', 'Nordklinik It'))).toBe(true);
});

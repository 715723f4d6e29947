import { expect, test } from 'vitest';
import type { Settings } from '../../api/types';
import { clockOf, concerns, formOf, settingsOf, zonesOf } from './fields';

const settings: Settings = {
  clinic: 'Nordlys', timezone: 'Europe/Copenhagen',
  hours: [0, 1, 2, 3, 4, 5, 6].map((day) => (day < 5 ? { day, from: '08:00', until: '16:00' } : { day, from: null, until: null })),
  contacts: [{ role: 'owner', role_name: 'Ejer', name: 'K', phone: '1', after_hours_phone: '', email: '', hours_from: '', hours_until: '' }],
  monitored: { mode: 'segments', segments: ['10.0.0.0/24', '10.0.1.0/24'], reason: '' },
  share_device_names: false,
};

test('what_is_not_touched_goes_back_as_it_came', () => {
  expect(settingsOf(formOf(settings))).toEqual(settings);
});

test('a_day_that_is_left_out_is_closed', () => {
  const form = formOf({ ...settings, hours: [] });
  expect(settingsOf(form).hours.every(({ from, until }) => from === null && until === null)).toBe(true);
});

test('segments_may_be_written_as_people_write_lists', () => {
  const form = { ...formOf(settings), segments: ' 10.0.0.0/24,\n\n10.0.1.0/24  ' };
  expect(settingsOf(form).monitored.segments).toEqual(['10.0.0.0/24', '10.0.1.0/24']);
});

test('a_time_may_be_written_in_a_hurry', () => {
  expect(['8', '8.30', '08:30', '0830', ' 16 ', ''].map(clockOf)).toEqual(['08:00', '08:30', '08:30', '08:30', '16:00', '']);
  expect(clockOf('noon')).toBe('noon');
});

test('a_time_zone_has_a_plain_name_and_one_without_is_not_lost', () => {
  const named = { 'Europe/Copenhagen': 'Danmark', 'America/Nuuk': 'Grønland' };
  expect(zonesOf(named, 'Europe/Copenhagen').map(({ name }) => name)).toEqual(['Danmark', 'Grønland']);
  expect(zonesOf(named, 'Europe/Oslo').at(-1)).toEqual({ id: 'Europe/Oslo', name: 'Europe/Oslo' });
});

test('a_refusal_finds_its_field', () => {
  expect(concerns('contacts.owner.hours', 'contacts.owner')).toBe(true);
  expect(concerns('monitored.segments[1]', 'monitored.segments')).toBe(true);
  expect(concerns('hours.10', 'hours.1')).toBe(false);
  expect(concerns(null, 'clinic')).toBe(false);
});

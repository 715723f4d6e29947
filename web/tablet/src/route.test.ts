import { expect, test } from 'vitest';
import { routeOf } from './route';

test('the_part_after_the_hash_is_the_screen', () => {
  expect(routeOf('')).toEqual({ screen: 'home', id: null });
  expect(routeOf('#/history')).toEqual({ screen: 'history', id: null });
  expect(routeOf('#/devices/d%205')).toEqual({ screen: 'devices', id: 'd 5' });
});

test('what_is_not_known_leads_home', () => {
  expect(routeOf('#/attic').screen).toBe('home');
  expect(routeOf('#/__proto__').screen).toBe('home');
  expect(routeOf('#/devices/%E0%A4%A').id).toBe(null);
});

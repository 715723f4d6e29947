import { expect, test } from 'vitest';
import { linkTo, routeOf } from './route';

test('an_address_is_a_screen_a_path_and_filters', () => {
  const route = routeOf('#/incidents/00ff/ab%2F1?due=now');
  expect([route.screen, route.path, route.query.get('due')]).toEqual(['incidents', ['00ff', 'ab/1'], 'now']);
  expect(routeOf(linkTo('boxes', 'a/b')).path).toEqual(['a/b']);
});

test('what_is_not_known_is_the_queue', () => {
  for (const hash of ['', '#', '#/', '#/else/x', '#content']) expect(routeOf(hash)).toMatchObject({ screen: 'incidents', path: [] });
  expect(routeOf('#/boxes/%E0').path).toEqual(['%E0']);
});

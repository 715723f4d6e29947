import { expect, test } from 'vitest';
import { HOME, linkTo, routeOf, startOf } from './route';

test('an_address_is_a_screen_a_path_and_filters', () => {
  const route = routeOf('#/incidents/00ff/ab%2F1?due=now');
  expect([route.screen, route.path, route.query.get('due')]).toEqual(['incidents', ['00ff', 'ab/1'], 'now']);
  expect(routeOf(linkTo('boxes', 'a/b')).path).toEqual(['a/b']);
});

test('without_an_address_one_begins_with_what_is_open', () => {
  for (const hash of ['', '#', '#/', '#/sign-in/00ff', startOf('incidents')]) expect(routeOf(hash)).toEqual(routeOf(HOME));
  expect(routeOf('').query.get('state')).toBe('opened,updated,quiet');
});

test('what_is_not_known_is_nowhere', () => {
  for (const hash of ['#/else/x', '#content', '#/incidents/aaaa', '#/incidents/a/b/c', '#/members/3', '#/findings/1/2']) {
    expect(routeOf(hash)).toMatchObject({ screen: 'nowhere', path: [] });
  }
  expect(routeOf('#/boxes/%E0').path).toEqual(['%E0']);
});

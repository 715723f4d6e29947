import { expect, test } from 'vitest';
import type { Row } from './api/types';
import { hold } from './queue';

function row(id: string, minute: number, change: Partial<Row['incident']> = {}): Row {
  const at = `2026-03-12T09:${String(minute).padStart(2, '0')}:00Z`;
  return { box: 'b', member: 1, member_name: 'Nord', region: '', received_at: at, incident: { id, last_seen: at, due: 'today', state: 'opened', ...change } as Row['incident'] };
}
const ids = (rows: Row[]) => rows.map((one) => one.incident.id).join();

test('what_is_new_waits_and_what_is_known_changes_where_it_stands', () => {
  const shown = [row('a', 30), row('b', 20)];
  const held = hold(shown, [row('c', 41), row('b', 40, { state: 'updated' }), row('a', 30)], true, '');
  expect(ids(held.rows)).toBe('a,b');
  expect(held.rows[1]!.incident.state).toBe('updated');
  expect(ids(held.coming)).toBe('c');
  expect(held.left.size).toBe(0);
});

test('what_passes_no_longer_is_marked_and_stays', () => {
  const shown = [row('a', 30), row('b', 20), row('c', 10)];
  expect([...hold(shown, [row('b', 20)], true, '').left]).toEqual(['b/a', 'b/c']);
  // On a page of several, what is older than its last row may be on the next.
  expect([...hold(shown, [row('b', 20)], false, '').left]).toEqual(['b/a']);
});

test('most_urgent_first_what_is_less_urgent_than_the_last_row_may_be_on_the_next_page', () => {
  const shown = [row('now', 10, { due: 'now' }), row('today', 30), row('week', 50, { due: 'week' }), row('over', 55, { due: 'now', state: 'closed' })];
  expect([...hold(shown, [row('today', 30)], false, 'urgent').left]).toEqual(['b/now']);
});

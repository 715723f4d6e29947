import { expect, test } from 'vitest';
import { read, type Kept } from './draft.svelte';

const part = { title: 'a', what: '', steps: '' };
const kept: Kept = {
  at: '2026-03-12T09:42:00Z',
  writing: {
    from: 'finding=2', text: { da: part, en: part }, urgency: 'week', days: 14, isExercise: false,
    audience: { all: false, kinds: [], regions: [], municipalities: [], suppliers: [], members: [2] },
  },
};

test('what_was_kept_is_read', () => expect(read(JSON.stringify(kept))).toEqual(kept));

test('what_is_no_draft_is_none', () => {
  const without = (name: string) => JSON.stringify({ ...kept, writing: { ...kept.writing, [name]: undefined } });
  for (const text of [null, '', '{', '7', '{}', without('text'), without('audience'), without('from'), JSON.stringify({ ...kept, at: 'x' })]) {
    expect(read(text)).toBeNull();
  }
});

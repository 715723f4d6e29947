import { expect, test } from 'vitest';
import { Client, Problem } from './client';

type Asked = [method: string, path: string, token: string | null];

/** A box that answers from a list, in turn. */
function box(answers: Response[]): { client: Client; asked: Asked[] } {
  const asked: Asked[] = [];
  const client = new Client(() => 'da', async (path, how) => {
    asked.push([how?.method ?? '', String(path), new Headers(how?.headers).get('X-Cyberalarm')]);
    const answer = answers.shift();
    if (!answer) throw new TypeError('nobody answers');
    return answer;
  });
  return { client, asked };
}

const session = (csrf: string) => Response.json({ csrf, lang: 'da', version: '1' });
const done = () => new Response(null, { status: 204 });

test('a_change_carries_the_token_of_the_session', async () => {
  const { client, asked } = box([session('a'), done()]);
  await client.seen('k/1');
  expect(asked).toEqual([
    ['GET', '/api/v1/session?lang=da', null],
    ['POST', '/api/v1/cards/k%2F1/seen?lang=da', 'a'],
  ]);
});

test('a_refused_token_is_fetched_again_once', async () => {
  const { client, asked } = box([session('old'), new Response(null, { status: 403 }), session('new'), done()]);
  await client.solved('k', 'clinic');
  expect(asked.map(([, , token]) => token)).toEqual([null, 'old', null, 'new']);
  const again = box([session('a'), new Response(null, { status: 403 }), session('b'), new Response(null, { status: 403 })]);
  await expect(again.client.seen('k')).rejects.toMatchObject({ status: 403 });
});

test('a_refusal_keeps_its_words_field_and_line', async () => {
  const { client } = box([session('a'), Response.json({ problem: 'nej', field: 'clinic', line: 3 }, { status: 422 })]);
  await expect(client.importSite('x')).rejects.toEqual(new Problem('nej', 422, 'clinic', 3));
});

test('a_box_that_does_not_answer_and_an_answer_without_words_say_nothing', async () => {
  await expect(box([]).client.devices()).rejects.toMatchObject({ said: null, status: 0 });
  await expect(box([new Response('<html>', { status: 500 })]).client.sent(null)).rejects.toMatchObject({ said: null, status: 500 });
});

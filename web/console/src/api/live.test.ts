import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEAD_LINE_MS, Live, RETRY_MS } from './live';

class Source extends EventTarget {
  static all: Source[] = [];
  readyState = 0;
  constructor(readonly url: string) {
    super();
    Source.all.push(this);
  }
  close() {
    this.readyState = 2;
  }
  say(kind: string) {
    this.dispatchEvent(new Event(kind));
  }
}

let heard: string[];
const listen = () =>
  new Live(
    { changed: () => heard.push('changed'), hearing: (is) => heard.push(is), refused: () => heard.push('refused') },
    Source as unknown as new (url: string) => EventSource,
  );

beforeEach(() => {
  vi.useFakeTimers();
  [Source.all, heard] = [[], []];
});
afterEach(() => vi.useRealTimers());

test('it_is_live_when_the_line_opens_and_lost_when_it_breaks', () => {
  listen();
  Source.all[0]!.say('open');
  Source.all[0]!.say('changed');
  Source.all[0]!.say('error');
  // The browser opens it again: what was missed is asked for.
  Source.all[0]!.say('open');
  expect(heard).toEqual(['live', 'changed', 'lost', 'live', 'changed']);
});

test('a_line_that_is_open_but_dead_is_lost_and_opened_anew', () => {
  listen();
  Source.all[0]!.say('open');
  vi.advanceTimersByTime(DEAD_LINE_MS - 1);
  Source.all[0]!.say('beat');
  vi.advanceTimersByTime(DEAD_LINE_MS - 1);
  expect(heard).toEqual(['live']);
  vi.advanceTimersByTime(1);
  expect([heard.at(-1), Source.all.length]).toEqual(['lost', 2]);
});

test('a_refused_stream_is_asked_for_again_and_said', () => {
  const live = listen();
  Source.all[0]!.readyState = 2;
  Source.all[0]!.say('error');
  expect(heard).toEqual(['lost', 'refused']);
  vi.advanceTimersByTime(RETRY_MS);
  expect(Source.all).toHaveLength(2);
  live.close();
  vi.advanceTimersByTime(DEAD_LINE_MS * 2);
  expect(Source.all).toHaveLength(2);
});

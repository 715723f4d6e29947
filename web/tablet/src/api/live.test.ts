import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEAD_LINE_MS, Live, REFUSALS, RETRY_MS, type Listener } from './live';
import { SILENT_AFTER_MS } from './hearing';

class Stream {
  static all: Stream[] = [];
  readyState = 1;
  #on = new Map<string, ((event: { data: string }) => void)[]>();
  constructor(readonly url: string) {
    Stream.all.push(this);
  }
  addEventListener(name: string, then: (event: { data: string }) => void) {
    this.#on.set(name, [...(this.#on.get(name) ?? []), then]);
  }
  close() {
    this.readyState = 2;
  }
  say(name: string, data: unknown = null) {
    for (const then of this.#on.get(name) ?? []) then({ data: JSON.stringify(data) });
  }
}

const said: string[] = [];
const listener: Listener = {
  home: (home) => said.push(`home ${home.seq}`),
  beat: (now) => said.push(`beat ${now}`),
  test: (test) => said.push(`test ${test.id}`),
  hearing: (is) => said.push(is),
  reopened: () => said.push('reopened'),
};

let live: Live;
beforeEach(() => {
  vi.useFakeTimers();
  Stream.all = [];
  said.length = 0;
  const world = {
    EventSource: Stream as unknown as new (url: string) => EventSource,
    now: () => ({ steady: Date.now(), wall: Date.now() }),
  };
  live = new Live('da', listener, world);
});
afterEach(() => {
  live.close();
  vi.useRealTimers();
});
const last = () => Stream.all.at(-1)!;

test('a_home_is_heard_and_silence_is_noticed_to_the_second', () => {
  last().say('home', { seq: 1, now: 'a' });
  expect(said).toEqual(['home 1', 'beat a', 'heard']);
  vi.advanceTimersByTime(SILENT_AFTER_MS - 1);
  expect(said).not.toContain('silent');
  vi.advanceTimersByTime(1);
  expect(said.at(-1)).toBe('silent');
});

test('beats_keep_it_alive', () => {
  last().say('home', { seq: 1, now: 'a' });
  for (let beats = 0; beats < 20; beats += 1) {
    vi.advanceTimersByTime(15_000);
    last().say('beat', { now: 'b' });
  }
  expect(said).not.toContain('silent');
  expect(Stream.all).toHaveLength(1);
});

test('a_dead_line_is_opened_anew_before_the_face_turns_grey', () => {
  last().say('home', { seq: 1, now: 'a' });
  vi.advanceTimersByTime(DEAD_LINE_MS);
  expect(Stream.all).toHaveLength(2);
  last().say('home', { seq: 1, now: 'b' });
  vi.advanceTimersByTime(SILENT_AFTER_MS - 1);
  expect(said).not.toContain('silent');
});

test('a_stream_refused_for_good_is_asked_for_again', () => {
  last().readyState = 2;
  last().say('error');
  vi.advanceTimersByTime(RETRY_MS);
  expect(Stream.all).toHaveLength(2);
  last().say('open');
  expect(said).toEqual(['reopened']);
});

test('a_line_that_breaks_and_comes_back_at_once_is_no_silence', () => {
  last().say('open');
  last().say('home', { seq: 1, now: 'a' });
  for (let breaks = 0; breaks < 3; breaks += 1) {
    last().say('error');
    last().say('error'); // one try that nobody takes: the box starts anew
    last().say('open');
    last().say('home', { seq: 1, now: 'a' });
  }
  expect(said).not.toContain('silent');
});

test('a_box_that_takes_no_line_is_silent_at_once_until_it_speaks_again', () => {
  last().say('open');
  last().say('home', { seq: 1, now: 'a' });
  last().say('error');
  for (let refusals = 1; refusals < REFUSALS; refusals += 1) last().say('error');
  expect(said.at(-1)).toBe('heard');
  last().say('error');
  expect(said.at(-1)).toBe('silent');
  // An open line alone is no word of the box.
  last().say('open');
  expect(said.slice(-2)).toEqual(['silent', 'reopened']);
  last().say('beat', { now: 'b' });
  expect(said.at(-1)).toBe('heard');
});

test('refused_for_good_again_and_again_is_silent_too', () => {
  for (let refusals = 0; refusals < REFUSALS; refusals += 1) {
    last().readyState = 2;
    last().say('error');
    vi.advanceTimersByTime(RETRY_MS);
  }
  expect(said).toEqual(['silent']);
});

test('another_language_is_another_stream', () => {
  live.speak('en');
  expect(Stream.all.map((stream) => [stream.url, stream.readyState])).toEqual([
    ['/api/v1/events?lang=da', 2],
    ['/api/v1/events?lang=en', 1],
  ]);
});

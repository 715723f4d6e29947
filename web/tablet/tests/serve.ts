// A stand-in for the box: serves `dist` under the strict CSP, answers the API from a case, streams events, and can die.
// Nothing of it is shipped. It counts every byte that goes over the wire, so that a test can say how heavy the tablet is.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyOf, file, json } from '../../shared/tests/files.ts';

export type Lang = 'da' | 'en';

/** What a case may hold in each language; `home` may name another case. */
export interface Answers {
  home: Record<string, unknown> | string;
  devices?: object;
  history?: object;
  sent?: object;
  settings?: object;
  known?: object;
  sight?: object;
  test?: object;
  /** Who cannot be called after settings were saved. */
  without_number?: string[];
  /** Every change is refused with this. */
  refuse?: { problem: string; field?: string; line?: number; detail?: string };
}

export type Case = Record<Lang, Answers> & { about: string };

export interface Told {
  method: string;
  path: string;
  token: string | undefined;
  body: string;
}

const HERE = import.meta.dirname;
const DIST = join(HERE, '../dist');
const CASES = join(HERE, '../cases');
export const TOKEN = 'token-of-the-test';

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function readCase(name: string): Case {
  const read = JSON.parse(readFileSync(join(CASES, `${name}.json`), 'utf8')) as Case;
  for (const lang of ['da', 'en'] as const) {
    const { home } = read[lang];
    if (typeof home === 'string') read[lang].home = readCase(home)[lang].home;
  }
  return read;
}

export class Box {
  #server = createServer((asked, answer) => void this.#answer(asked, answer));
  #sockets = new Set<Socket>();
  #listeners = new Map<ServerResponse, Lang>();
  #case: Case;
  #bytesOfClosed = 0;
  #beating: ReturnType<typeof setInterval> | undefined;
  lang: Lang = 'da';
  /** A mute box takes the connection and says nothing. */
  mute = false;
  told: Told[] = [];
  /** What was asked for, without the files of the tablet. */
  asked: string[] = [];
  /** The same with what was asked of them, without the language. */
  queries: string[] = [];
  url = '';

  constructor(first: string) {
    this.#case = readCase(first);
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#bytesOfClosed += socket.bytesWritten;
      });
    });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(port, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Every listener sees this case from now on. */
  show(name: string): void {
    this.showThis(readCase(name));
  }

  /** What is asked for from now on has this answer; listeners hear nothing of it. */
  keep(kept: Case): void {
    this.#case = kept;
  }

  showThis(shown: Case): void {
    this.keep(shown);
    for (const [listener, lang] of this.#listeners) write(listener, 'home', this.#case[lang].home);
  }

  say(event: string, data: object): void {
    for (const listener of this.#listeners.keys()) write(listener, event, data);
  }

  beatEvery(ms: number): void {
    this.#beating = setInterval(() => this.say('beat', { now: new Date().toISOString() }), ms);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  get bytesOnTheWire(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.bytesWritten, this.#bytesOfClosed);
  }

  /** Every line breaks, and a new one is taken at once. */
  hangUp(): void {
    for (const listener of this.#listeners.keys()) listener.destroy();
  }

  async die(): Promise<void> {
    clearInterval(this.#beating);
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? '/', 'http://box');
    const lang = (url.searchParams.get('lang') ?? this.lang) as Lang;
    answer.setHeader('Content-Security-Policy', CSP);
    answer.setHeader('X-Content-Type-Options', 'nosniff');
    answer.setHeader('Referrer-Policy', 'no-referrer');
    if (!url.pathname.startsWith('/api/v1/')) return file(DIST, url.pathname, answer);
    const path = url.pathname.slice('/api/v1'.length);
    if (asked.method !== 'GET') return this.#change(asked, path, await bodyOf(asked), lang, answer);
    const answers = this.#case[lang];
    this.asked.push(path);
    url.searchParams.delete('lang');
    this.queries.push(path + url.search);
    if (path === '/events') return this.#stream(answer, lang);
    if (path === '/session') return json(answer, 200, { csrf: TOKEN, lang: this.lang, version: '0.4.0' });
    if (path === '/settings/site.toml') return void answer.writeHead(200, { 'Content-Type': 'text/plain' }).end('clinic = "Nordlys"\n');
    const known = answers[path.slice(1) as keyof Answers];
    return known ? json(answer, 200, known) : json(answer, 404, { problem: `no ${path} in this case` });
  }

  #change(asked: IncomingMessage, path: string, body: string, lang: Lang, answer: ServerResponse): void {
    const token = asked.headers['x-cyberalarm'] as string | undefined;
    this.told.push({ method: asked.method ?? '', path, token, body });
    if (token !== TOKEN) return json(answer, 403, { problem: 'no token' });
    const { refuse, test } = this.#case[lang];
    if (refuse) return json(answer, 422, refuse);
    if (path.startsWith('/settings')) return json(answer, 200, { without_number: this.#case[lang].without_number ?? [] });
    if (path !== '/test') return void answer.writeHead(204).end();
    json(answer, 200, { id: 'test-1' });
    if (test) this.say('test', test);
  }

  #stream(answer: ServerResponse, lang: Lang): void {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    answer.write(':\n\n');
    this.#listeners.set(answer, lang);
    answer.on('close', () => this.#listeners.delete(answer));
    if (!this.mute) write(answer, 'home', this.#case[lang].home);
  }
}

function write(listener: ServerResponse, event: string, data: unknown): void {
  listener.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

// A stand-in for the centre: serves `dist` under the strict CSP of the desk, answers the API from a case, streams events, and can die.
// Nothing of it is shipped.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bodyOf, file, json } from '../../shared/tests/files.ts';

/** What a case holds: where its page is, and the answer to each path of the API; what is missing is taken from `base`. */
export interface Case {
  about: string;
  /** The part of the address behind `#`. */
  at: string;
  /** By path without `/api/v1`: `/incidents`; a query is not looked at. */
  answers: Record<string, unknown>;
  /** Paths that are refused, with what. */
  refuse?: Record<string, { status: number; problem: string; why?: string }>;
}

export interface Told {
  method: string;
  path: string;
  token: string | undefined;
  body: unknown;
}

const HERE = import.meta.dirname;
const DIST = join(HERE, '../dist');
const CASES = join(HERE, '../cases');
export const TOKEN = 'token-of-the-test';

/** As `central/server/src/desk/guard.rs` says it. */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function readCase(name: string): Case {
  const read = (of: string) => JSON.parse(readFileSync(join(CASES, `${of}.json`), 'utf8')) as Case;
  const [base, one] = [read('base'), read(name)];
  return { ...one, answers: { ...base.answers, ...one.answers } };
}

export class Centre {
  #server = createServer((asked, answer) => void this.#answer(asked, answer));
  #sockets = new Set<Socket>();
  #listeners = new Set<ServerResponse>();
  #case: Case;
  told: Told[] = [];
  /** What was asked for, with its query. */
  asked: string[] = [];
  /** Nobody is signed in. */
  isClosed = false;
  url = '';

  constructor(first: Case) {
    this.#case = first;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async start(port = 0): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(port, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** Answers from this case from now on, and says that something is new. */
  show(shown: Case): void {
    this.#case = shown;
    for (const listener of this.#listeners) listener.write(`event: changed\ndata: {"now":"2026-03-12T09:42:07Z"}\n\n`);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  async die(): Promise<void> {
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? '/', 'http://centre');
    answer.setHeader('Content-Security-Policy', CSP);
    answer.setHeader('X-Content-Type-Options', 'nosniff');
    answer.setHeader('Referrer-Policy', 'no-referrer');
    if (!url.pathname.startsWith('/api/v1/')) return file(DIST, url.pathname, answer);
    const path = url.pathname.slice('/api/v1'.length);
    const method = asked.method ?? 'GET';
    if (method === 'GET') this.asked.push(path + url.search);
    else {
      const token = asked.headers['x-cyberalarm'] as string | undefined;
      const body = await bodyOf(asked);
      this.told.push({ method, path, token, body: body === '' ? null : JSON.parse(body) });
      if (path !== '/sign-in' && token !== TOKEN) return json(answer, 403, { problem: 'no token' });
    }
    if (path === '/sign-in') this.isClosed = false;
    if (this.isClosed && method === 'GET' && path === '/session') return void answer.writeHead(204).end();
    if (this.isClosed) return json(answer, 401, { problem: 'sign in first' });
    if (path === '/events') return this.#stream(answer);
    const refused = this.#case.refuse?.[path];
    if (refused) return json(answer, refused.status, { problem: refused.problem, why: refused.why });
    const known = this.#case.answers[method === 'GET' ? path : `${method} ${path}`];
    if (known === null) return void answer.writeHead(204).end();
    return known ? json(answer, 200, known) : json(answer, 404, { problem: `no ${method} ${path} in this case` });
  }

  #stream(answer: ServerResponse): void {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    answer.write(':\n\n');
    this.#listeners.add(answer);
    answer.on('close', () => this.#listeners.delete(answer));
  }
}

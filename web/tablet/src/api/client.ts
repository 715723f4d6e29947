// Asks the box and tells it things. Every answer that is not a success becomes a `Problem` whose words can be shown as
// they are: it is asked in the language of the screen. What changes something carries the token of the session; a box that started anew has a new one, so a
// refused token is fetched again, once.

import type { Devices, History, Known, Lang, Naming, Refusal, Rule, Saved, Sent, Session, Settings, Sight, SolvedBy, Test, WarningAnswer } from './types';

const API = '/api/v1';
/** Longer than any answer of a box that works. Guess; revisit after the pilot. */
const PATIENCE_MS = 10_000;

export class Problem extends Error {
  constructor(
    /** Null when the box did not answer at all. */
    readonly said: string | null,
    readonly status: number,
    readonly field: string | null = null,
    readonly line: number | null = null,
    /** For whoever wrote the file that was refused. */
    readonly detail: string | null = null,
  ) {
    super(said ?? 'the box does not answer');
  }
}

export class Client {
  #csrf: string | null = null;
  #lang: () => Lang;
  #fetch: typeof fetch;

  constructor(lang: () => Lang, fetcher: typeof fetch = (...given) => fetch(...given)) {
    this.#lang = lang;
    this.#fetch = fetcher;
  }

  async session(): Promise<Session> {
    const session: Session = await (await this.#send('GET', '/session')).json();
    this.#csrf = session.csrf;
    return session;
  }

  seen = (card: string) => this.#change('POST', `/cards/${encodeURIComponent(card)}/seen`, {});
  solved = (card: string, by: SolvedBy) =>
    this.#change('POST', `/cards/${encodeURIComponent(card)}/solved`, { by });
  known = (card: string, days: 30 | 90 | 365 | null) =>
    this.#change('POST', `/cards/${encodeURIComponent(card)}/known`, { days });
  answerWarning = (warning: string, answer: WarningAnswer) =>
    this.#change('POST', `/warnings/${encodeURIComponent(warning)}/answer`, { answer });
  async startTest(): Promise<string> {
    return ((await (await this.#change('POST', '/test', {})).json()) as Test).id;
  }

  devices = () => this.#ask<Devices>('/devices');
  nameDevice = (id: string, said: Naming) =>
    this.#change('PUT', `/devices/${encodeURIComponent(id)}`, said);

  history = (before: number | null) => this.#ask<History>(before === null ? '/history' : `/history?before=${before}`);
  sent = (until: string | null) => this.#ask<Sent>(until === null ? '/sent' : `/sent?until=${until}`);
  sight = () => this.#ask<Sight>('/sight');

  knownRules = () => this.#ask<Known>('/known');
  forget = ({ kind, device }: Rule) => this.#change('POST', '/known/forget', { kind, device });

  settings = () => this.#ask<Settings>('/settings');
  saveSettings = (settings: Settings) => this.#save('/settings', settings);
  importSite = (toml: string) => this.#save('/settings/site.toml', toml);

  async #save(path: string, body: object | string): Promise<Saved> {
    return (await (await this.#change('PUT', path, body)).json()) as Saved;
  }

  async #ask<T>(path: string): Promise<T> {
    return (await (await this.#send('GET', path)).json()) as T;
  }

  async #change(method: 'POST' | 'PUT', path: string, body: object | string): Promise<Response> {
    if (this.#csrf === null) await this.session();
    try {
      return await this.#send(method, path, body);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 403) throw error;
      await this.session();
      return this.#send(method, path, body);
    }
  }

  async #send(method: string, path: string, body?: object | string): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#csrf !== null && method !== 'GET') headers['X-Cyberalarm'] = this.#csrf;
    if (body !== undefined) headers['Content-Type'] = typeof body === 'string' ? 'text/plain' : 'application/json';
    let answer: Response;
    try {
      answer = await this.#fetch(`${API}${path}${path.includes('?') ? '&' : '?'}lang=${this.#lang()}`, {
        method,
        headers,
        body: body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body),
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      throw new Problem(null, 0);
    }
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => null)) as Partial<Refusal> | null;
  return new Problem(said?.problem ?? null, answer.status, said?.field ?? null, said?.line ?? null, said?.detail ?? null);
}

// Asks the centre and tells it things. Every answer that is not a success becomes a `Problem` whose words can be shown as they
// are. What changes something carries the token of the session.

import type {
  BoxDetail, Boxes, Calls, Claim, Draft, Fault, FindingDetail, Findings, IncidentDetail, Judged, Kinds, Log, Member, Members, Numbered, Queue,
  Refusal, Sent, Session, WarningDetail, Warnings,
} from './types';

const API = '/api/v1';
/** Longer than any answer of a centre that works. Guess. */
const PATIENCE_MS = 15_000;

export class Problem extends Error {
  constructor(
    /** Null when the centre did not answer at all. */
    readonly said: string | null,
    readonly status: number,
    readonly field: string | null = null,
    readonly faults: Fault[] = [],
    /** One word for it, where there is one. */
    readonly why: string | null = null,
  ) {
    super(said ?? 'the centre does not answer');
  }
}

export class Client {
  #csrf = '';
  #fetch: typeof fetch;
  #lost: () => void;

  /** `lost` is told when the session is over. */
  constructor(lost: () => void, fetcher: typeof fetch = (...given) => fetch(...given)) {
    this.#lost = lost;
    this.#fetch = fetcher;
  }

  /** Who sits here; null when nobody does. */
  async session(): Promise<Session | null> {
    const session = await this.#send<Session | null>('GET', '/session');
    if (session === null) this.#lost();
    return session === null ? null : this.#knows(session);
  }

  async signIn(token: string): Promise<Session> {
    return this.#knows(await this.#send<Session>('POST', '/sign-in', { token }));
  }

  signOut = () => this.#send<null>('DELETE', '/session');

  incidents = (query: string) => this.#send<Queue>('GET', `/incidents${query}`);
  incident = (box: string, id: string) => this.#send<IncidentDetail>('GET', `/incidents/${safe(box)}/${safe(id)}`);
  boxes = () => this.#send<Boxes>('GET', '/boxes');
  box = (id: string) => this.#send<BoxDetail>('GET', `/boxes/${safe(id)}`);
  revoke = (id: string) => this.#send<null>('POST', `/boxes/${safe(id)}/revoke`, {});
  approveRenewal = (id: string) => this.#send<null>('POST', `/boxes/${safe(id)}/approve-renewal`, {});
  members = () => this.#send<Members>('GET', '/members');
  addMember = (member: Member) => this.#send<Numbered>('POST', '/members', member);
  changeMember = (no: number, member: Member) => this.#send<Numbered>('PUT', `/members/${no}`, member);
  removeMember = (no: number) => this.#send<null>('DELETE', `/members/${no}`);
  claim = (member: number) => this.#send<Claim>('POST', '/claims', { member });
  findings = () => this.#send<Findings>('GET', '/findings');
  finding = (no: string) => this.#send<FindingDetail>('GET', `/findings/${safe(no)}`);
  calls = (seen: number) => this.#send<Calls>('GET', `/calls?finding=${seen}`);
  kinds = () => this.#send<Kinds>('GET', '/kinds');
  warnings = () => this.#send<Warnings>('GET', '/warnings');
  warning = (id: string) => this.#send<WarningDetail>('GET', `/warnings/${safe(id)}`);
  draft = (draft: Draft) => this.#send<Judged>('POST', '/warnings/draft', draft);
  send = (draft: Draft) => this.#send<Sent>('POST', '/warnings', draft);
  recall = (id: string) => this.#send<Sent>('POST', `/warnings/${safe(id)}/recall`, {});
  audit = (before: number | null) => this.#send<Log>('GET', `/audit${before === null ? '' : `?before=${before}`}`);

  #knows(session: Session): Session {
    this.#csrf = session.csrf;
    return session;
  }

  async #send<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
    const headers: Record<string, string> = {};
    if (method !== 'GET') headers['X-Cyberalarm'] = this.#csrf;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let answer: Response;
    try {
      answer = await this.#fetch(API + path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        cache: 'no-store',
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      throw new Problem(null, 0);
    }
    if (!answer.ok) throw await this.#problem(answer);
    return answer.status === 204 ? (null as T) : ((await answer.json()) as T);
  }

  async #problem(answer: Response): Promise<Problem> {
    if (answer.status === 401) this.#lost();
    const said = (await answer.json().catch(() => null)) as Partial<Refusal> | null;
    return new Problem(said?.problem ?? null, answer.status, said?.field ?? null, said?.faults ?? [], said?.why ?? null);
  }
}

function safe(part: string): string {
  return encodeURIComponent(part);
}

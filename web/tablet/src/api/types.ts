// What the box says, as its JSON API has it. Sentences come ready in the asked language; the tablet writes none of them.
// This file is the contract with the box and nothing else: no code, no defaults.

export type Lang = 'da' | 'en';
export type Face = 'ok' | 'attention' | 'act' | 'unknown';
export type Due = 'now' | 'today' | 'week';
export type Can = 'seen' | 'solved' | 'known';

export interface Session {
  csrf: string;
  lang: Lang;
  version: string;
}

export interface Home {
  lang: Lang;
  clinic: string;
  mark: 'recording' | 'exercise' | null;
  face: Face;
  learning: boolean;
  acknowledged: boolean;
  headline: string;
  subline: string;
  /** "The box cannot see", beside a red face. */
  also: string | null;
  checked: string;
  /** Network, updates, watching: always three. */
  parts: Part[];
  cards: Card[];
  /** Of the centre: they never turn the face. */
  warnings: Warning[];
  ports: Port[];
  seq: number;
  /** RFC 3339. */
  now: string;
}

export interface Part {
  key: 'network' | 'updates' | 'watching';
  face: Face;
  name: string;
  is: string;
}

export interface Card {
  id: string;
  case: string;
  face: 'act' | 'attention' | 'unknown';
  due: Due;
  kind: string;
  category: string;
  title: string;
  steps: string[];
  call: Call | null;
  what: string;
  meaning: string;
  since: string;
  device: string | null;
  /** "Set kl. 10.42". */
  seen: string | null;
  can: Can[];
  known_label: string | null;
  /** A red one that went quiet: it stays until somebody says that it is solved. */
  ended: boolean;
  is_test: boolean;
}

/** A warning of the centre. */
export interface Warning {
  id: string;
  urgency: 'information' | 'week' | 'today';
  title: string;
  what: string;
  steps: string[];
  issued: string;
  /** "Set", once somebody has said so. */
  answered: string | null;
  can: WarningAnswer[];
  is_exercise: boolean;
}

export type WarningAnswer = 'seen' | 'not_relevant';

export interface Call {
  role: string;
  name: string;
  phone: string | null;
  email: string | null;
  hours: string | null;
}

export interface Port {
  name: string;
  sees: boolean;
  text: string;
}

export interface Beat {
  now: string;
}

export interface Test {
  id: string;
  done: boolean;
  links: Link[];
}

export interface Link {
  key: 'capture' | 'decoder' | 'detectors' | 'store' | 'tablet';
  name: string;
  state: 'waiting' | 'ok' | 'failed';
  text: string;
}

export interface Devices {
  devices: Device[];
  types: DeviceType[];
}

export interface DeviceType {
  id: string;
  name: string;
}

export interface Device {
  id: string;
  name: string | null;
  shown_name: string;
  type: string;
  type_name: string;
  type_confirmed: boolean;
  vendor: string | null;
  evidence: string[];
  last_heard: string;
  first_seen: string;
  is_heard: boolean;
  addresses: string[];
  talks_to: string[];
  has_card: boolean;
}

export interface History {
  entries: Entry[];
  /** Ask `before` this for the older ones. */
  next: number | null;
}

export interface Entry {
  seq: number;
  at: string;
  day: string;
  face: Face | 'none';
  title: string;
  text: string;
  state: 'opened' | 'updated' | 'quiet' | 'closed' | 'blind' | 'sees' | 'gap';
  closed_by: string | null;
}

export interface Sent {
  days: SentDay[];
  note: string;
}

export interface SentDay {
  day: string;
  lines: SentLine[];
}

export interface SentLine {
  text: string;
  bytes: number;
  raw: string;
}

export interface Settings {
  clinic: string;
  timezone: string;
  hours: Hours[];
  contacts: Contact[];
  monitored: Monitored;
  share_device_names: boolean;
}

export interface Hours {
  /** 0 is Monday. */
  day: number;
  from: string | null;
  until: string | null;
}

export interface Contact {
  role: 'it_supplier' | 'owner' | 'device_maker' | 'dcis';
  role_name: string;
  name: string;
  phone: string;
  after_hours_phone: string;
  email: string;
  hours_from: string;
  hours_until: string;
}

export interface Monitored {
  mode: 'automatic' | 'segments' | 'whole_network';
  segments: string[];
  reason: string;
}

/** The body of an answer with 4xx or 5xx. */
export interface Refusal {
  problem: string;
  field?: string;
  line?: number;
}

// Turns what the box said, and whether it is still heard, into what the first screen shows. Pure. While the box is heard
// its words are shown as they are. When it is not, the face is grey, the words are the tablet's own, and the last cards
// stand under it.

import type { Card, Face, Home, Lang, Part, Port, Warning } from '../../api/types';
import type { Hearing } from '../../api/hearing';
import { fill, type Words } from '../../words';
import { since, when } from '../../words/clock';

export interface View {
  face: Face;
  learning: boolean;
  acknowledged: boolean;
  headline: string;
  subline: string;
  also: string[];
  checked: string | null;
  clinic: string | null;
  mark: Home['mark'];
  parts: Part[];
  /** Worst first. */
  cards: Card[];
  /** What the box showed before it fell silent. */
  before: Card[];
  /** Of the centre, as the box showed them last. */
  warnings: Warning[];
  ports: Port[];
  /** Who cannot be called, in sentences. */
  withoutNumber: string[];
  /** Whether the box is there to be told anything. */
  live: boolean;
}

export interface Known {
  home: Home | null;
  hearing: Hearing;
  /** The box's own time when it was last heard. */
  lastHeard: string | null;
}

export function viewOf(known: Known, words: Words, lang: Lang, today: Date): View {
  const { home, hearing } = known;
  if (hearing === 'heard' && home !== null) return liveView(home);

  const at = known.lastHeard === null ? '' : when(known.lastHeard, lang, today);
  const from = known.lastHeard === null ? '' : since(known.lastHeard, lang, today);
  const silent = hearing === 'silent';
  return {
    face: 'unknown',
    learning: false,
    acknowledged: false,
    headline: silent ? words.silent.headline : words.waiting.headline,
    subline: silent ? words.silent.subline : words.waiting.subline,
    also: [],
    checked: at === '' ? null : fill(words.silent.last_seen, { time: at }),
    clinic: home?.clinic ?? null,
    mark: home?.mark ?? null,
    parts: greyParts(words, silent),
    cards: silent ? [silentCard(words, from)] : [],
    before: worstFirst(home?.cards ?? []),
    warnings: home?.warnings ?? [],
    ports: [],
    withoutNumber: [],
    live: false,
  };
}

function liveView(home: Home): View {
  const { face, learning, acknowledged, headline, subline, also, checked, clinic, mark, parts, ports } = home;
  return {
    face, learning, acknowledged, headline, subline, also, checked, clinic, mark, parts, ports,
    cards: worstFirst(home.cards),
    before: [],
    warnings: home.warnings,
    withoutNumber: home.without_number,
    live: true,
  };
}

const FACES: readonly Card['face'][] = ['act', 'unknown', 'attention'];
const DUES: readonly Card['due'][] = ['now', 'today', 'week'];

/** Source: the product's rule of the one face: act > unknown > attention; then what is due first; a test never before the real thing. */
export function worstFirst(cards: readonly Card[]): Card[] {
  const rank = (card: Card) =>
    (card.is_test ? 100 : 0) + FACES.indexOf(card.face) * 10 + DUES.indexOf(card.due) + (card.seen === null ? 0 : 0.5);
  return [...cards].sort((a, b) => rank(a) - rank(b));
}

/** The card that stands open: what was chosen, while it is there and nothing worse came after it; else the worst. */
export function openCard(cards: readonly Card[], chosen: { id: string; worst: string } | null): Card | null {
  const worst = cards[0] ?? null;
  if (chosen === null || worst === null || worst.id !== chosen.worst) return worst;
  return cards.find((card) => card.id === chosen.id) ?? worst;
}

/** Whom to call has a name besides what they are: "DCIS Sund" is called DCIS Sund, and that is said once. */
export function isNamed({ role, name }: NonNullable<Card['call']>): boolean {
  return name !== '' && name.toLowerCase() !== role.toLowerCase();
}

/** Warnings that nobody has answered: they must be seen at once. */
export function unanswered(warnings: readonly Warning[]): Warning[] {
  return warnings.filter(({ answer }) => answer === null);
}

/** How much there is to read, so that much text is set smaller instead of falling off the screen. */
export function weight(card: Card): 'light' | 'full' | 'heavy' {
  const { call } = card;
  const letters = [card.title, ...card.steps, card.what, card.meaning, call?.name, call?.hours].join('').length;
  if (letters > 450) return 'heavy';
  return letters > 330 ? 'full' : 'light';
}

function greyParts(words: Words, silent: boolean): Part[] {
  const { network, updates, watching, not_known, no_answer } = words.silent;
  return [
    { key: 'network', face: 'unknown', name: network, is: not_known },
    { key: 'updates', face: 'unknown', name: updates, is: not_known },
    { key: 'watching', face: 'unknown', name: watching, is: silent ? no_answer : not_known },
  ];
}

function silentCard(words: Words, from: string): Card {
  const said = words.silent;
  return {
    id: 'silent', case: '', face: 'unknown', due: 'now', kind: 'silent', category: '',
    title: said.title,
    steps: said.steps,
    call: { role: said.role, name: '', phone: null, email: said.email, hours: said.hours },
    what: from === '' ? said.what_never : fill(said.what, { since: from }),
    meaning: said.meaning,
    since: '', device: null, seen: null, can: [], known_label: null, ended: false, solved: null, is_test: false, technical: [],
  };
}

// What a warning says and whom it reaches, in few words. Pure.

import type { Audience, Sent, WarningDetail, WarningText } from '../../api/types';
import { fill, type Lang, type Words } from '../../words';

type Warning = Sent['warning'];

const EMPTY: WarningText = { title: '–', what: '', steps: [] };

export function textOf(warning: Warning, lang: Lang): WarningText & { lang: string } {
  const [of, text] = warning.text[lang] ? [lang, warning.text[lang]] : (Object.entries(warning.text)[0] ?? ['en', EMPTY]);
  return { ...text!, lang: of };
}

export function whom(audience: Audience, words: Words): string {
  if (audience.all) return words.warnings.everybody;
  const kinds = (audience.kinds ?? []).map((kind) => words.kind[kind]);
  const count = audience.members?.length ?? 0;
  const named = count > 0 ? [fill(words.warnings.named, { n: count })] : [];
  const rules = [kinds, audience.regions ?? [], audience.municipalities ?? [], audience.suppliers ?? [], named];
  return rules.filter((rule) => rule.length > 0).map((rule) => rule.join(', ')).join(' · ');
}

/** How far it got: so many boxes were sent it, have it, pressed "seen", pressed "not relevant". */
export function reached(sent: Sent | WarningDetail): { sent: number; delivered: number; seen: number; not_relevant: number } {
  return { sent: sent.sent, delivered: sent.delivered, seen: sent.answers['seen'] ?? 0, not_relevant: sent.answers['not_relevant'] ?? 0 };
}

/** The steps that stand in a field, one a line. */
export function stepsOf(lines: string): string[] {
  return lines.split('\n').map((line) => line.trim()).filter((line) => line !== '');
}

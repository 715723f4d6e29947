// What both catalogues of words need.

/** Puts values into `{places}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Keeps together on one line what is read together: "it-leverandør", "kl. 10.42", "1,4 GB". */
export function keep(text: string): string {
  return text
    .replace(/(^|[^\p{L}])(\p{L}{1,3})-(?=\p{L})/gu, '$1$2\u2060-\u2060')
    .replace(/\b(kl\.|at|den) (?=\d)/g, '$1\u00a0')
    .replace(/(\d) (?=[kMGT]B\b)/g, '$1\u00a0');
}

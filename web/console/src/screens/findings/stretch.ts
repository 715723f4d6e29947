// Where a time lies in another, in per cent of it. Pure.

interface Times {
  first: string;
  last: string;
}

/** What is short is still seen. */
const LEAST = 4;

export function stretch(of: Times, whole: Times): { from: number; wide: number } {
  const [start, end] = [Date.parse(whole.first), Date.parse(whole.last)];
  const place = (at: string) => (end > start ? Math.min(Math.max((Date.parse(at) - start) / (end - start), 0), 1) : 0);
  const wide = Math.max((place(of.last) - place(of.first)) * 100, LEAST);
  return { from: Math.min(place(of.first) * 100, 100 - wide), wide };
}

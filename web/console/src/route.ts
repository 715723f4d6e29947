// Which page the address asks for. Everything lives behind `#`, filters too, so that a link to a colleague shows the same.

export const SCREENS = ['incidents', 'findings', 'warnings', 'boxes', 'members', 'audit'] as const;
export type Screen = (typeof SCREENS)[number];

/** Where one begins: what is open, the most urgent first. */
export const HOME = '#/incidents?state=opened,updated,quiet&order=urgent';

/** How much may stand behind each screen. */
const DEPTHS: Record<Screen, number[]> = { incidents: [0, 2], findings: [0, 1], warnings: [0, 1], boxes: [0, 1], members: [0], audit: [0] };

export interface Route {
  /** `nowhere` is an address at which there is nothing. */
  screen: Screen | 'nowhere';
  /** What stands between the screen and the question mark: `box/incident`, a finding, a box, a warning, `write`. */
  path: string[];
  query: URLSearchParams;
}

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = split(hash.replace(/^#\/?/, ''), '?');
  const [screen = '', ...rest] = path.split('/');
  // A link that let somebody in, pressed once more.
  if (screen === '' || screen === 'sign-in') return routeOf(HOME);
  const known = SCREENS.find((one) => one === screen);
  const parts = rest.filter((part) => part !== '').map(safely);
  if (!known || !DEPTHS[known].includes(parts.length)) return { screen: 'nowhere', path: [], query: new URLSearchParams() };
  return { screen: known, path: parts, query: new URLSearchParams(query) };
}

/** Where a screen begins. */
export function startOf(screen: Screen): string {
  return screen === 'incidents' ? HOME : linkTo(screen);
}

export function linkTo(screen: Screen, ...path: (string | number)[]): string {
  return `#/${[screen, ...path.map((part) => encodeURIComponent(part))].join('/')}`;
}

function split(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ''] : [text.slice(0, place), text.slice(place + 1)];
}

function safely(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

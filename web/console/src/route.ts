// Which page the address asks for. Everything lives behind `#`, filters too, so that a link to a colleague shows the same.

export const SCREENS = ['incidents', 'findings', 'warnings', 'boxes', 'members', 'audit'] as const;
export type Screen = (typeof SCREENS)[number];

export interface Route {
  screen: Screen;
  /** What stands between the screen and the question mark: `box/incident`, a box, a warning, `write`. */
  path: string[];
  query: URLSearchParams;
}

export function routeOf(hash: string): Route {
  const [path = '', query = ''] = split(hash.replace(/^#\/?/, ''), '?');
  const [screen = '', ...rest] = path.split('/');
  const known = SCREENS.find((one) => one === screen);
  return { screen: known ?? 'incidents', path: known ? rest.filter((part) => part !== '').map(safely) : [], query: new URLSearchParams(query) };
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

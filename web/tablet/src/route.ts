// Which screen the address asks for. Only the part after `#` changes, so the box serves one page and a reload stays
// where it was. What is not known leads home.

export type Screen = 'home' | 'devices' | 'history' | 'sent' | 'settings' | 'help';

export interface Route {
  screen: Screen;
  /** Of a device. */
  id: string | null;
}

const SCREENS: readonly string[] = ['devices', 'history', 'sent', 'settings', 'help'] satisfies Screen[];

export function routeOf(hash: string): Route {
  const [screen = '', id = ''] = hash.replace(/^#\/?/, '').split('/');
  if (!SCREENS.includes(screen)) return { screen: 'home', id: null };
  return { screen: screen as Screen, id: id === '' ? null : safely(id) };
}

function safely(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}

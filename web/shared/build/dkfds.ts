// Takes from npm `dkfds` (Det Fælles Designsystem) the few things that our screens use, at build time: colour tokens,
// icons, two weights of IBM Plex Sans, and the licences that go with them. Nothing of dkfds is copied into the
// repository, its CSS and scripts are not loaded, and the themes of borger.dk and Virk are not touched.
// A token or an icon that dkfds does not have stops the build.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

interface Taken {
  /** Names of colours. */
  colours: string[];
  /** Our name for an icon, and its name in dkfds (Material Symbols, Apache-2.0). */
  icons: Record<string, string>;
}

/** For the front end in this folder, whose NOTICE is put before the licences. */
export function dkfds(root: string, taken: Taken): Plugin {
  const packed = join(root, '../node_modules/dkfds');
  const read = (path: string) => readFileSync(join(packed, path), 'utf8');
  return {
    name: 'dkfds',
    resolveId: (id) => (id === 'virtual:dkfds.css' || id === 'virtual:dkfds-icons' ? `\0${id}` : undefined),
    load(id) {
      if (id === '\0virtual:dkfds.css') return colours(taken.colours, read('src/stylesheets/values/colors/_fds-colors.scss'));
      if (id === '\0virtual:dkfds-icons') return icons(taken.icons, (name) => read(`src/img/svg-icons/${name}.svg`));
      return undefined;
    },
    generateBundle() {
      const notice = readFileSync(join(root, 'NOTICE'), 'utf8');
      const licences = [read('LICENSE.md'), read('src/fonts/IBMPlexSans/split/woff2/license.txt')];
      this.emitFile({ type: 'asset', fileName: 'NOTICE.txt', source: [notice, ...licences].join('\n\n----\n\n') });
    },
  };
}

function colours(names: string[], scss: string): string {
  const value = (name: string) => {
    const found = new RegExp(`"${name}":\\s*(#[0-9a-fA-F]{6})`).exec(scss)?.[1];
    if (!found) throw new Error(`dkfds has no colour ${name}`);
    return found.toLowerCase();
  };
  return `:root{${names.map((name) => `--${name}:${value(name)}`).join(';')}}`;
}

function icons(names: Record<string, string>, svg: (name: string) => string): string {
  const outline = (name: string) => {
    const paths = [...svg(name).matchAll(/ d="([^"]+)"/g)].map((match) => match[1]);
    if (paths.length !== 1) throw new Error(`icon ${name} of dkfds is not one path`);
    return paths[0];
  };
  const all = Object.entries(names).map(([ours, theirs]) => [ours, outline(theirs)]);
  return `export default ${JSON.stringify(Object.fromEntries(all))}`;
}

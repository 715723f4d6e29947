// Two things that are only known when everything has its final name: which fonts the page should fetch at once, and
// which files the service worker (`src/worker.ts`) keeps, so that a reload with a dead box still shows the tablet.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

export function shell(): Plugin {
  return {
    name: 'shell',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) =>
        Object.keys(bundle ?? {})
          .filter((name) => name.endsWith('.woff2'))
          .map((name) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${name}`, crossorigin: true },
            injectTo: 'head' as const,
          })),
    },
    writeBundle({ dir }) {
      const dist = dir ?? 'dist';
      const worker = join(dist, 'worker.js');
      const kept = filesIn(dist).filter((path) => !['worker.js', 'NOTICE.txt'].includes(path));
      const hash = createHash('sha256');
      for (const path of kept) hash.update(path).update(readFileSync(join(dist, path)));
      const files = kept.map((path) => (path === 'index.html' ? '/' : `/${path}`));
      const list = JSON.stringify({ version: hash.digest('hex').slice(0, 16), files });
      writeFileSync(worker, readFileSync(worker, 'utf8').replaceAll('__SHELL__', list));
    },
  };
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

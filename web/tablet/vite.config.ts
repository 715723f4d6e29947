// Builds the tablet into `dist`: static files, all paths from `/`, nothing inline, so that the strict CSP holds.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { dkfds } from './build/dkfds.ts';
import { shell } from './build/shell.ts';

export default defineConfig({
  base: '/',
  plugins: [dkfds(import.meta.dirname), svelte(), shell()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: 'index.html', worker: 'src/worker.ts' },
      output: { entryFileNames: (chunk) => (chunk.name === 'worker' ? 'worker.js' : 'assets/[name]-[hash].js') },
    },
  },
});

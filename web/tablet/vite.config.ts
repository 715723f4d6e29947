// Builds the tablet into `dist`: static files, all paths from `/`, nothing inline, so that the strict CSP holds.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { dkfds } from '../shared/build/dkfds.ts';
import { shell } from './build/shell.ts';

const COLOURS = [
  'gray-100', 'gray-200', 'gray-300', 'gray-400', 'gray-500', 'gray-600', 'gray-900',
  'green-100', 'green-700', 'orange-100', 'orange-700', 'red-100', 'red-700', 'blue-100', 'blue-700', 'blue-800',
];

const ICONS = {
  home: 'home', devices: 'desktop', history: 'time', sent: 'send', settings: 'settings', help: 'help',
  language: 'language', print: 'print', check: 'check', down: 'chevron-down', right: 'chevron-right', back: 'arrow-back',
  close: 'close', download: 'download', upload: 'upload', wait: 'hourglass', touch: 'chevron-up',
};

export default defineConfig({
  base: '/',
  plugins: [dkfds(import.meta.dirname, { colours: COLOURS, icons: ICONS }), svelte(), shell()],
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

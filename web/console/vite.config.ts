// Builds the desk into `dist`: static files, all paths from `/`, nothing inline, so that the strict CSP holds.

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { dkfds } from '../shared/build/dkfds.ts';

const COLOURS = [
  'gray-100', 'gray-300', 'gray-500', 'gray-600', 'gray-900', 'green-700', 'orange-700', 'red-100', 'red-700',
  'blue-100', 'blue-700', 'blue-800',
];

export default defineConfig({
  base: '/',
  plugins: [dkfds(import.meta.dirname, { colours: COLOURS, icons: {} }), svelte()],
  build: {
    target: 'es2022',
    // `light-dark()` stays as it is written: a desk has a browser of these years.
    cssTarget: 'chrome123',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

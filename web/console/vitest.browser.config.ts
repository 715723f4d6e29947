// The tests in a real Chromium: one file, one browser, one after the other.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/browser.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});

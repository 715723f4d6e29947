// Unit tests of what decides and does not draw. No browser, no waiting.

import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['src/**/*.test.ts', 'tests/cases.test.ts'], environment: 'node' } });

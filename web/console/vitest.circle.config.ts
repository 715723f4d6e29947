// The tests on real programs. They must be built first: by the tests of the workspace, or `cargo build --bin cyberalarm`.

import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['tests/circle.test.ts'], environment: 'node', hookTimeout: 60_000 } });

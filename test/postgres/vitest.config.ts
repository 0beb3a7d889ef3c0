import { defineConfig } from 'vitest/config'
import { availableParallelism } from 'node:os'

/** These tests read or change the SQLite file itself. */
const SQLITE_FILES = ['test/store/canary.test.ts', 'test/store/every-byte.test.ts']

/** Runs the tests of the store and of everything above it on PostgreSQL. */
export default defineConfig({
  test: {
    env: { LARDER_TEST_DATABASE: 'postgres' },
    globalSetup: ['test/support/postgres-of-run.ts'],
    include: ['test/{store,vault,webhooks,http,postgres}/**/*.test.ts'],
    exclude: ['test/store/sqlite/**', ...SQLITE_FILES],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})

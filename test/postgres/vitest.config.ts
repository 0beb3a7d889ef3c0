import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/**
 * Runs tests on PostgreSQL. `npm test` runs those that reach the SQL itself;
 * `npm run test:postgres` runs all, which takes several times as long.
 */
const SOME = [
  'test/{store,webhooks,postgres}/**/*.test.ts',
  'test/vault/refresh/{lease,races}.test.ts',
  'test/http/public/callback.test.ts',
]
const ALL = ['test/{store,vault,webhooks,http,postgres}/**/*.test.ts']

/** These tests read or change the SQLite file itself. */
const SQLITE_FILES = [
  'test/store/sqlite/**',
  'test/store/{canary,every-byte}.test.ts',
  'test/vault/operate/database-writer.test.ts',
  'test/vault/upkeep/data-key.test.ts',
  'test/vault/connections/deleted-for-good.test.ts',
  'test/vault/refresh/unreadable.test.ts',
  'test/vault/connect/flow-secrets.test.ts',
]

export default defineConfig({
  test: {
    env: { LARDER_TEST_DATABASE: 'postgres' },
    globalSetup: ['test/support/postgres-of-run.ts'],
    include: process.env['LARDER_TEST_ALL'] === '1' ? ALL : SOME,
    exclude: SQLITE_FILES,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
})

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

/** Every test that can run on PostgreSQL: `npm run test:postgres`. */
export const allOnPostgres = {
  name: 'postgres',
  env: { LARDER_TEST_DATABASE: 'postgres' },
  globalSetup: ['test/support/postgres-of-run.ts'],
  include: ['test/{store,vault,webhooks,http,postgres}/**/*.test.ts'],
  exclude: SQLITE_FILES,
  testTimeout: 30_000,
  hookTimeout: 60_000,
}

/** Tests that reach the SQL itself. They take a third of the time of all. */
export const someOnPostgres = {
  ...allOnPostgres,
  include: [
    'test/{store,webhooks,postgres}/**/*.test.ts',
    'test/vault/refresh/{lease,races}.test.ts',
    'test/http/public/callback.test.ts',
  ],
}

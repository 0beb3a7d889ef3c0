import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely'
import { openPool, poolForKysely } from '../../src/store/postgres/pool.ts'
import { postgresSettings, postgresUrlOf } from '../support/open-postgres-vault.ts'
import type { Schema } from '../../src/store/schema.ts'
import { type OpenVault, openVaultStore, type VaultSettings } from '../support/open-vault-store.ts'
import { ON_POSTGRES } from '../support/on-postgres.ts'

export type TestDatabase = {
  readonly name: string
  readonly open: (settings?: VaultSettings) => Promise<OpenVault>
  /** Works on the database through another connection, past the store. */
  readonly behind: <T>(vault: OpenVault, work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>
}

export const sqlite: TestDatabase = {
  name: 'SQLite',
  open: (settings) => openVaultStore({ ...settings, database: 'sqlite' }),
  behind: async (vault, work) => {
    const database = new Database(join(vault.dataDir, 'larder.db'))
    const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database }) })
    try {
      return await work(db)
    } finally {
      await db.destroy()
      database.close()
    }
  },
}

export const postgres: TestDatabase = {
  name: 'PostgreSQL',
  open: (settings) => openVaultStore({ ...settings, database: 'postgres' }),
  behind: async (vault, work) => {
    const pool = openPool(postgresSettings(postgresUrlOf(vault.dataDir)))
    const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: poolForKysely(pool) }) })
    try {
      return await work(db)
    } finally {
      await db.destroy()
    }
  },
}

/** Behaviour tests run on each of these: in a run with `LARDER_TEST_DATABASE` only on PostgreSQL. */
export const databases: readonly TestDatabase[] = ON_POSTGRES ? [postgres] : [sqlite]

/** A clock that a test sets; sleeping takes no time and is counted. */
export function settableClock(now: number) {
  const clock = {
    time: now,
    slept: 0,
    now: () => clock.time,
    monotonic: () => clock.time,
    sleep: async (ms: number) => {
      clock.slept += ms
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
  }
  return clock
}

import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import type { Schema } from '../../src/store/schema.ts'
import { type OpenVault, openVaultStore, type VaultSettings } from '../support/open-vault-store.ts'

export type TestDatabase = {
  readonly name: string
  readonly open: (settings?: VaultSettings) => Promise<OpenVault>
  /** Works on the database through another connection, past the store. */
  readonly behind: <T>(vault: OpenVault, work: (db: Kysely<Schema>) => Promise<T>) => Promise<T>
}

export const sqlite: TestDatabase = {
  name: 'SQLite',
  open: openVaultStore,
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

/** Behaviour tests run on each of these. */
export const databases: readonly TestDatabase[] = [sqlite]

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

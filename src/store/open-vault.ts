import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PostgresSettings } from '../ports/database-settings.ts'
import { JOURNAL_FILE } from './journal.ts'
import { OpenError } from './open-error.ts'
import { DATABASE_FILE, openSqlite } from './sqlite/open-sqlite.ts'
import { holdStartupLock } from './sqlite/startup-lock.ts'
import type { VaultDatabase } from './vault-database.ts'

/**
 * Takes the data directory for this process and reads its vault without writing. With `database`
 * null, the vault is an SQLite file in the directory. Otherwise only the journal is there. Throws
 * `OpenError` if the vault must not be opened, and `StoreError` if it cannot be read.
 */
export function openVault(
  dataDir: string,
  database: PostgresSettings | null,
): Promise<VaultDatabase> {
  return database === null ? openSqlite(dataDir) : openOnServer(dataDir, database)
}

async function openOnServer(dataDir: string, settings: PostgresSettings): Promise<VaultDatabase> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  // Two processes must not write to one journal.
  const lock = holdStartupLock(join(dataDir, 'larder.lock'))
  try {
    // Starting with an empty database would make all users of that vault reconnect.
    if (existsSync(join(dataDir, DATABASE_FILE))) throw new OpenError('other_vault')
    // Loaded here, because few installations need it.
    const { openPostgres } = await import('./postgres/open-postgres.ts')
    const vault = await openPostgres(settings, lock)
    if (vault.keys !== null || !existsSync(join(dataDir, JOURNAL_FILE))) return vault
    await vault[Symbol.asyncDispose]()
    throw new OpenError('missing', 'its journal is there')
  } catch (error) {
    lock[Symbol.dispose]()
    throw error
  }
}

import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { migrate } from '../migrate.ts'
import type { Schema } from '../schema.ts'
import { VaultSqliteDialect } from './dialect.ts'
import { APPLICATION_ID } from './pragmas.ts'

/** Inserts the first rows. */
type Fill = (trx: Kysely<Schema>) => Promise<void>

/**
 * Creates the file under another name and renames it when it is complete. So a vault file that is
 * empty or has no keys is damaged, never new.
 */
export async function createVaultFile(path: string, fill: Fill): Promise<void> {
  const draft = `${path}.new`
  for (const part of ['', '-journal', '-wal', '-shm']) rmSync(draft + part, { force: true })
  closeSync(openSync(draft, 'wx', 0o600))
  await fillVaultFile(draft, fill)
  renameSync(draft, path)
  sync(dirname(path))
}

async function fillVaultFile(path: string, fill: Fill): Promise<void> {
  const raw = new Database(path, { fileMustExist: true })
  const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
  try {
    raw.pragma(`application_id = ${APPLICATION_ID}`)
    raw.pragma('synchronous = full')
    await migrate(db)
    await db.transaction().execute(fill)
    // Switch to WAL last, so that the write-ahead log is empty. Switch before the rename, because a
    // crash during the switch leaves a file that cannot be read without a write.
    raw.pragma('journal_mode = wal')
  } finally {
    raw.close()
  }
}

/** A rename is durable only after its directory is synced. */
function sync(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

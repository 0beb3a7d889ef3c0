import { closeSync, openSync, readSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { readLastAlive, readVaultKeys } from '../queries/keys.ts'
import { lastKnownStep } from './migrate.ts'
import { OpenError } from './open-error.ts'
import type { Schema } from '../schema.ts'
import type { FoundVault } from '../vault-database.ts'
import { VaultSqliteDialect } from './dialect.ts'
import { APPLICATION_ID, BUSY_TIMEOUT_MS } from './pragmas.ts'
import { assertShape } from './expected-schema.ts'

const MAGIC = 'SQLite format 3\0'
const APPLICATION_ID_OFFSET = 68

/**
 * Reads the keys of a vault. Opens the file read-only, so that nothing is written before the master
 * key is checked. SQLite may still create an empty log and the index of the log.
 */
export async function inspectVaultFile(path: string): Promise<FoundVault> {
  assertIsVault(path)
  try {
    return await inspect(path)
  } catch (error) {
    if (!waitsForRollback(error)) throw error
    rollBack(path)
    return inspect(path)
  }
}

async function inspect(path: string): Promise<FoundVault> {
  const raw = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
  try {
    const indexesFit = passes(raw, 'integrity_check')
    if (!indexesFit && !passes(raw, 'quick_check')) throw new OpenError('corrupt')
    assertShape(raw, await lastKnownStep(db))
    const keys = await readVaultKeys(db)
    if (keys === null) throw new OpenError('corrupt', 'it holds no keys')
    return { keys, lastAliveAt: await readLastAlive(db), indexesFit }
  } catch (error) {
    throw isCorruption(error) ? new OpenError('corrupt', null, error) : error
  } finally {
    raw.close()
  }
}

/**
 * Whether a process was killed while it switched a copied file to WAL mode. SQLite reads nothing
 * until the switch is rolled back.
 */
function waitsForRollback(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code === 'SQLITE_READONLY_ROLLBACK'
}

function rollBack(path: string): void {
  const raw = new Database(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  try {
    raw.prepare('select 1 from sqlite_schema').get()
  } finally {
    raw.close()
  }
}

/** `quick_check` is `integrity_check` without the comparison of indexes and tables. */
function passes(raw: Database.Database, check: 'integrity_check' | 'quick_check'): boolean {
  return raw.pragma(`${check}(1)`, { simple: true }) === 'ok'
}

/**
 * Checks the header before SQLite opens the file. A vault file gets its name only after its header
 * is written.
 */
function assertIsVault(path: string): void {
  const header = Buffer.alloc(100)
  const file = openSync(path, 'r')
  try {
    readSync(file, header, 0, header.length, 0)
  } finally {
    closeSync(file)
  }
  if (header.every((byte) => byte === 0)) throw new OpenError('corrupt', 'it is empty')
  const isSqlite = header.subarray(0, MAGIC.length).toString('latin1') === MAGIC
  if (!isSqlite || header.readUInt32BE(APPLICATION_ID_OFFSET) !== APPLICATION_ID) {
    throw new OpenError('foreign_file')
  }
}

function isCorruption(error: unknown): boolean {
  if (!(error instanceof Database.SqliteError)) return false
  // `SQLITE_ERROR` means that a table or column is missing: the schema is damaged.
  return /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code)
}

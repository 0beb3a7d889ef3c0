import { closeSync, openSync, readSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import type { Instant } from '../../core/base/ids.ts'
import { readLastAlive, readVaultKeys } from '../queries/keys.ts'
import { type CheckRecord, readCheckRecord } from './check-record.ts'
import { areSmallTablesWhole, examine, isCorruption } from './examine-file.ts'
import { isSmallFile } from './file-checker.ts'
import { lastKnownStep, NEWEST_STEP } from '../migrate.ts'
import { OpenError } from '../open-error.ts'
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
  // Read the record first, because SQLite may create a log.
  const record = readCheckRecord(path)
  try {
    return await inspect(path, record)
  } catch (error) {
    if (!waitsForRollback(error)) throw error
    rollBack(path)
    return inspect(path, record)
  }
}

async function inspect(path: string, record: CheckRecord): Promise<FoundVault> {
  const raw = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
  try {
    const step = await lastKnownStep(db)
    // A migration may rewrite each row.
    const canWait = !isSmallFile(path) && record.kind !== 'suspect' && step === NEWEST_STEP
    const waits = canWait && areSmallTablesWhole(raw)
    const finding = waits ? 'whole' : examine(raw)
    if (finding === 'damaged') throw new OpenError('corrupt')
    assertShape(raw, step)
    const keys = await readVaultKeys(db)
    if (keys === null) throw new OpenError('corrupt', 'it holds no keys')
    return {
      keys,
      lastAliveAt: await readLastAlive(db),
      indexesFit: finding === 'whole',
      checkedAt: waits ? checkedAt(record) : 'now',
    }
  } catch (error) {
    throw isCorruption(error) ? new OpenError('corrupt', null, error) : error
  } finally {
    raw.close()
  }
}

function checkedAt(record: CheckRecord): Instant | null {
  return record.kind === 'passed' ? record.at : null
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

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { StoreError } from '../../core/base/errors.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Store, VaultKeys } from '../../ports/store.ts'
import { clearLeases } from '../queries/attempts.ts'
import { JOURNAL_FILE } from '../journal.ts'
import { assertNewestStep, migrate } from '../migrate.ts'
import { OpenError } from '../open-error.ts'
import type { Schema } from '../schema.ts'
import { removeCheckRecord } from './check-record.ts'
import { createVaultFile } from './create-vault-file.ts'
import { VaultSqliteDialect } from './dialect.ts'
import { FileChecker, NOT_CHECKED } from './file-checker.ts'
import { inspectVaultFile } from './inspect-vault-file.ts'
import { applyPragmas, assertDurable, BUSY_TIMEOUT_MS } from './pragmas.ts'
import { openReader, type Reader } from './reader.ts'
import { remakeIndexes } from './remake-indexes.ts'
import { insertVault } from '../queries/keys.ts'
import { sealRows } from '../queries/seal-rows.ts'
import { sortSqliteError } from './sort-error.ts'
import { holdStartupLock, type StartupLock } from './startup-lock.ts'
import { createStore, heartbeat, type StoreOptions } from '../store.ts'
import type { FoundVault, VaultDatabase } from '../vault-database.ts'

export const DATABASE_FILE = 'larder.db'

/**
 * Locks a data directory and reads its vault without writing. Throws `OpenError` if the vault must
 * not be opened, and `StoreError` if it cannot be read.
 */
export function openSqlite(dataDir: string): Promise<VaultDatabase> {
  return openFile(dataDir, find)
}

/**
 * Like `openSqlite`, for a directory that has the journal of a vault in another database. Throws
 * `OpenError` if the directory has a vault file.
 */
export function openEmptySqlite(dataDir: string): Promise<VaultDatabase> {
  return openFile(dataDir, async (path) => {
    if (existsSync(path)) throw new OpenError('other_vault')
    return null
  })
}

async function openFile(
  dataDir: string,
  lookFor: (path: string, journal: string) => Promise<FoundVault | null>,
): Promise<VaultDatabase> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = holdStartupLock(join(dataDir, 'larder.lock'))
  const path = join(dataDir, DATABASE_FILE)
  try {
    return new SqliteVault({ path, lock, found: await lookFor(path, join(dataDir, JOURNAL_FILE)) })
  } catch (error) {
    lock[Symbol.dispose]()
    throw sortSqliteError(error)
  }
}

async function find(path: string, journal: string): Promise<FoundVault | null> {
  if (existsSync(path)) return inspectVaultFile(path)
  if (existsSync(movedFile(path))) throw new OpenError('moved')
  // A new database would discard the write-ahead log, which may contain committed writes.
  if (existsSync(`${path}-wal`)) throw new OpenError('corrupt', 'its write-ahead log stands alone')
  // A lost vault must not be replaced by an empty one, because all users would have to reconnect.
  if (existsSync(journal)) throw new OpenError('missing', 'its journal is there')
  return null
}

/** The name of a vault file that was moved to another database. */
function movedFile(path: string): string {
  return `${path}.moved`
}

class SqliteVault implements VaultDatabase {
  readonly keys: VaultKeys | null
  readonly lastAliveAt: Instant | null
  readonly indexesFit: boolean
  readonly #path: string
  readonly #lock: StartupLock
  readonly #checkedAt: FoundVault['checkedAt']

  constructor(at: {
    readonly path: string
    readonly lock: StartupLock
    readonly found: FoundVault | null
  }) {
    this.keys = at.found?.keys ?? null
    this.lastAliveAt = at.found?.lastAliveAt ?? null
    this.indexesFit = at.found?.indexesFit ?? true
    this.#path = at.path
    this.#lock = at.lock
    this.#checkedAt = at.found?.checkedAt ?? null
  }

  create(keys: VaultKeys): Promise<void> {
    return this.createFrom((trx) => insertVault(trx, keys))
  }

  async createFrom(fill: (trx: Kysely<Schema>) => Promise<void>): Promise<void> {
    if (this.keys !== null) throw new Error('there is a vault already')
    try {
      await createVaultFile(this.#path, fill)
    } catch (error) {
      throw sortSqliteError(error)
    }
  }

  async readTables<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    const raw = new Database(this.#path, { readonly: true, fileMustExist: true })
    const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
    try {
      await assertNewestStep(db)
      return await work(db)
    } finally {
      raw.close()
    }
  }

  async retire(): Promise<void> {
    const raw = new Database(this.#path, { fileMustExist: true })
    checkpoint(raw)
    raw.close()
    renameSync(this.#path, movedFile(this.#path))
  }

  async openStore(options: StoreOptions): Promise<Store> {
    const raw = new Database(this.#path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
    const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
    const checker = this.#checkerOf(options.clock)
    const prepareWriting = writingAfter(checker, { raw, db, clock: options.clock })
    let reader: Reader
    try {
      removeCheckRecord(this.#path)
      applyPragmas(raw)
      if (!this.indexesFit) remakeIndexes(raw)
      const cipher = { sealer: options.sealer, onUnreadable: () => {} }
      await migrate(db, async (step, trx) => {
        if (step === '0006-row-seals') await sealRows(trx, cipher)
      })
      await prepareWriting()?.catch(passWhereItEnds)
      reader = openReader(this.#path)
    } catch (error) {
      raw.close()
      throw sortSqliteError(error)
    }
    // Waits for running transactions. If the checkpoint fails, no data is lost: the data stays in
    // the log.
    const emptyLog = () => db.connection().execute(async () => checkpoint(raw))
    const close = async (): Promise<void> => {
      reader.close()
      await emptyLog()
      await db.destroy()
      checker.leaveRecord()
      this.#lock[Symbol.dispose]()
    }
    const logBytes = () => statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0
    const sortError = sortSqliteError
    const { readRows } = reader
    const opened = { sortError, prepareWriting, checker, readRows, logBytes, emptyLog, close }
    return createStore(db, { ...options, ...opened })
  }

  #checkerOf(clock: Pick<Clock, 'now'>): FileChecker {
    const path = this.#path
    if (this.#checkedAt === null) return new FileChecker({ path, clock, last: NOT_CHECKED })
    const endedAt = this.#checkedAt === 'now' ? clock.now() : this.#checkedAt
    const result = this.indexesFit ? 'passed' : 'indexes_rebuilt'
    return new FileChecker({ path, clock, last: { result, endedAt } })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lock[Symbol.dispose]()
  }
}

/** What happens before each write. The checker may refuse the write. */
function writingAfter(
  checker: FileChecker,
  on: {
    readonly raw: Database.Database
    readonly db: Kysely<Schema>
    readonly clock: Pick<Clock, 'now'>
  },
): () => Promise<void> | null {
  const prepare = untilDone(async () => {
    // This process holds the startup lock, so no other process runs and all leases are void.
    // Intents stay.
    await clearLeases(on.db)
    await heartbeat(on.db, on.clock.now())
    assertDurable(on.raw)
  })
  return () => {
    checker.assertWritable()
    return prepare()
  }
}

/**
 * Concurrent callers share one run of `work`. A failed run is retried at the next call. Returns
 * null after a success.
 */
function untilDone(work: () => Promise<void>): () => Promise<void> | null {
  let isDone = false
  let trying: Promise<void> | null = null
  const attempt = async (): Promise<void> => {
    try {
      await work()
      isDone = true
    } finally {
      trying = null
    }
  }
  return () => (isDone ? null : (trying ??= attempt()))
}

/**
 * Ignores a full disk and a lock: both are temporary, and tokens can still be read. Throws any
 * other error.
 */
function passWhereItEnds(error: unknown): void {
  const sorted = sortSqliteError(error)
  const ends = sorted instanceof StoreError && ['disk_full', 'locked'].includes(sorted.reason)
  if (!ends) throw error
}

function checkpoint(raw: Database.Database): void {
  try {
    raw.pragma('wal_checkpoint(truncate)')
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
  }
}

import type Database from 'better-sqlite3'
import { OpenError } from '../open-error.ts'

/** 'LARD', the application id of a vault file. */
export const APPLICATION_ID = 0x4c415244

/**
 * The wait is short, because it blocks the event loop. After it, `write` retries without blocking.
 */
export const BUSY_TIMEOUT_MS = 100

/** Older versions can corrupt a WAL database that two connections write to. */
const OLDEST_SQLITE = '3.51.3'
const SYNCHRONOUS_FULL = 2
const WAL_BYTES_KEPT = 32 * 2 ** 20

const PRAGMAS: readonly (readonly [name: string, value: string | number, reads: unknown])[] = [
  ['journal_mode', 'wal', 'wal'],
  // Otherwise a power failure can lose a committed rotation.
  ['synchronous', 'full', SYNCHRONOUS_FULL],
  ['foreign_keys', 'on', 1],
  // Overwrites the bytes of deleted tokens.
  ['secure_delete', 'on', 1],
  // Otherwise a large sort writes rows to a temporary file.
  ['temp_store', 'memory', 2],
  ['trusted_schema', 'off', 0],
  ['cell_size_check', 'on', 1],
  ['journal_size_limit', WAL_BYTES_KEPT, WAL_BYTES_KEPT],
  ['busy_timeout', BUSY_TIMEOUT_MS, BUSY_TIMEOUT_MS],
]

/**
 * In KiB, if negative. Reads of random rows need the inner pages of two trees. A larger cache made
 * them no faster in a database of 2 GB that the system had in memory.
 */
const READER_CACHE = -2_000

/** The pragmas of `PRAGMAS` that concern reads. The others concern writes. */
const OF_READERS = new Set(['temp_store', 'trusted_schema', 'cell_size_check', 'busy_timeout'])

/** Sets the pragmas of a vault. Throws if one does not take effect. */
export function applyPragmas(raw: Database.Database): void {
  assertSqliteVersion(raw)
  apply(raw, PRAGMAS)
}

export function applyReaderPragmas(raw: Database.Database): void {
  const common = PRAGMAS.filter(([name]) => OF_READERS.has(name))
  apply(raw, [...common, ['cache_size', READER_CACHE, READER_CACHE]])
}

function apply(raw: Database.Database, pragmas: typeof PRAGMAS): void {
  for (const [name, value, reads] of pragmas) {
    raw.pragma(`${name} = ${value}`)
    const is = raw.pragma(name, { simple: true })
    if (is !== reads) throw new OpenError('unsuitable_database', `${name} is ${String(is)}`)
  }
}

/** Call after the first write, because the driver's default for WAL mode takes effect only then. */
export function assertDurable(raw: Database.Database): void {
  const is = raw.pragma('synchronous', { simple: true })
  if (is !== SYNCHRONOUS_FULL) {
    throw new OpenError('unsuitable_database', `synchronous is ${String(is)}`)
  }
}

function assertSqliteVersion(raw: Database.Database): void {
  const version = String(raw.prepare('select sqlite_version()').pluck().get())
  if (numberOf(version) < numberOf(OLDEST_SQLITE)) {
    throw new OpenError('unsuitable_database', `SQLite ${version} is older than ${OLDEST_SQLITE}`)
  }
}

/** Returns a version as one number, in the form of SQLite's own SQLITE_VERSION_NUMBER. */
function numberOf(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major * 1_000_000 + minor * 1_000 + patch
}

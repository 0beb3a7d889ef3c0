import Database from 'better-sqlite3'
import { StoreError, type StoreFailure } from '../../core/base/errors.ts'

/** Longest prefixes first where one code begins another. */
const FAILURES: readonly (readonly [code: string, reason: StoreFailure])[] = [
  ['SQLITE_FULL', 'disk_full'],
  // What SQLite keeps beside the database while it works may find the disk full first.
  ['SQLITE_IOERR_SHMSIZE', 'disk_full'],
  ['SQLITE_READONLY', 'read_only'],
  ['SQLITE_IOERR', 'io_error'],
  ['SQLITE_CANTOPEN', 'io_error'],
  ['SQLITE_NOMEM', 'io_error'],
  ['SQLITE_BUSY', 'locked'],
  ['SQLITE_LOCKED', 'locked'],
  ['SQLITE_PROTOCOL', 'locked'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'corrupt'],
]

/** A failing database becomes a `StoreError`; anything else is returned as it is. */
export function sortSqliteError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const reason = FAILURES.find(([code]) => error.code.startsWith(code))?.[1]
  return reason === undefined ? error : new StoreError(reason, error)
}

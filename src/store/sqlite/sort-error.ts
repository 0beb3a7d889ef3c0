import Database from 'better-sqlite3'
import { StoreError, type StoreFailure } from '../../core/base/errors.ts'

/** Longer codes come first, because one code may be a prefix of another. */
const FAILURES: readonly (readonly [code: string, reason: StoreFailure])[] = [
  ['SQLITE_FULL', 'disk_full'],
  // On a full disk, the write to the `-shm` file may fail first.
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

/** Returns a `StoreError` for a database failure, and any other error unchanged. */
export function sortSqliteError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const reason = FAILURES.find(([code]) => error.code.startsWith(code))?.[1]
  return reason === undefined ? error : new StoreError(reason, error)
}

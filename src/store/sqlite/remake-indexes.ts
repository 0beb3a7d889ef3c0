import Database from 'better-sqlite3'
import { OpenError } from '../open-error.ts'

/**
 * Rebuilds all indexes from their tables. Throws and changes nothing if a table violates an index,
 * for example with two rows of one id. Waits for the lock as `busy_timeout` says.
 */
export function remakeIndexes(raw: Database.Database): void {
  try {
    raw.transaction(() => reindex(raw)).immediate()
  } catch (error) {
    throw isConstraint(error) ? new OpenError('corrupt', 'two of its rows are one', error) : error
  }
}

function reindex(raw: Database.Database): void {
  raw.exec('reindex')
  if (raw.pragma('integrity_check(1)', { simple: true }) !== 'ok') throw new OpenError('corrupt')
}

function isConstraint(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT')
}

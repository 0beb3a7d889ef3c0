import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { OpenError } from './open-error.ts'

export type StartupLock = Disposable

/**
 * Two daemons on one directory would both refresh, and a provider that rotates would end the grants.
 * The lock is an open transaction on a file of its own: the system drops it however the process ends.
 */
export function holdStartupLock(path: string): StartupLock {
  closeSync(openSync(path, 'a', 0o600))
  const raw = new Database(path, { timeout: 0 })
  try {
    // A lock needs no room on a disk that may be full.
    raw.pragma('journal_mode = memory')
    raw.exec('begin exclusive')
  } catch (error) {
    raw.close()
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new OpenError('in_use', null, error)
    }
    throw error
  }
  return { [Symbol.dispose]: () => void raw.close() }
}

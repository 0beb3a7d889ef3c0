import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { OpenError } from '../open-error.ts'

export type StartupLock = Disposable

/**
 * Prevents a second daemon on the same directory. If two daemons refreshed one grant, a provider
 * that rotates tokens would revoke the grant. The lock is an open transaction on its own file, so
 * the operating system releases the lock however the process ends.
 */
export function holdStartupLock(path: string): StartupLock {
  closeSync(openSync(path, 'a', 0o600))
  const raw = new Database(path, { timeout: 0 })
  try {
    // Otherwise a full disk would prevent the lock.
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

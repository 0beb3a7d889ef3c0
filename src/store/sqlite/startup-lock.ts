import { closeSync, openSync } from 'node:fs'
import Database from 'better-sqlite3'
import { OpenError } from './open-error.ts'

export type StartupLock = Disposable

/**
 * Keeps a second daemon from the directory: if both refreshed, a rotating provider would end the grants.
 * The lock is an open transaction on its own file, so the system drops it whenever the process ends.
 */
export function holdStartupLock(path: string): StartupLock {
  closeSync(openSync(path, 'a', 0o600))
  const raw = new Database(path, { timeout: 0 })
  try {
    // A full disk must not prevent the lock.
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

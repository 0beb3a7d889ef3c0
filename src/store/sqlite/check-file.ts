import { constants, setPriority } from 'node:os'
import Database from 'better-sqlite3'
import { examineFile, type Finding } from './examine-file.ts'
import { OpenError } from './open-error.ts'
import { applyPragmas } from './pragmas.ts'
import { remakeIndexes } from './remake-indexes.ts'

/*
 * A program of its own: `check-file.ts check|rebuild PATH`. It prints its finding.
 *
 * SQLite checks a file in one call. A thread in that call cannot be ended, not even by the end of
 * its process, but a process can.
 */

const LOCK_WAIT_MS = 30_000

function rebuild(path: string): Finding {
  const raw = new Database(path, { fileMustExist: true })
  try {
    applyPragmas(raw)
    raw.pragma(`busy_timeout = ${LOCK_WAIT_MS}`)
    remakeIndexes(raw)
    return 'whole'
  } catch (error) {
    if (error instanceof OpenError && error.reason === 'corrupt') return 'damaged'
    throw error
  } finally {
    raw.close()
  }
}

// Token requests go first.
setPriority(constants.priority.PRIORITY_LOW)
const [task, path = ''] = process.argv.slice(2)
process.stdout.write(task === 'rebuild' ? rebuild(path) : examineFile(path))

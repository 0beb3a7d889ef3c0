import { constants, setPriority } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { examineFile, type Finding } from './examine-file.ts'
import { OpenError } from '../open-error.ts'
import { applyPragmas } from './pragmas.ts'
import { remakeIndexes } from './remake-indexes.ts'

/*
 * A program of its own: `check-file.ts check|rebuild PATH`. It prints its finding.
 *
 * SQLite checks a file in one call. A thread in that call cannot be ended, not even by the end of
 * its process, but a process can be killed. So the daemon runs the check in this process, and this
 * process runs it in a worker thread, to notice that the daemon is gone.
 */

const LOCK_WAIT_MS = 30_000

function work(): void {
  const [task, path = ''] = process.argv.slice(2)
  parentPort?.postMessage(task === 'rebuild' ? rebuild(path) : examineFile(path))
}

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

function supervise(): void {
  // Token requests go first. The worker thread gets the same priority.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  // The daemon holds the other end of the pipe, so standard input ends when the daemon ends.
  process.stdin.resume().once('end', () => process.kill(process.pid, 'SIGKILL'))
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) })
  worker.once('message', (finding: Finding) => {
    process.stdout.write(finding)
    process.stdin.destroy()
  })
}

if (isMainThread) supervise()
else work()

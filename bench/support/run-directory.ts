import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PARENT = fileURLToPath(new URL('../../.tmp/bench-runs', import.meta.url))

/**
 * Makes a directory for the installations of this run, and removes those of runs that were
 * interrupted, which may contain copies of large vaults. It is not in `/tmp`, which is memory on
 * many machines, so that a commit there costs nothing.
 */
export function useRunDirectory(): void {
  mkdirSync(PARENT, { recursive: true })
  for (const pid of readdirSync(PARENT)) {
    if (!isRunning(Number(pid))) rmSync(join(PARENT, pid), { recursive: true, force: true })
  }
  const own = join(PARENT, String(process.pid))
  mkdirSync(own, { recursive: true })
  process.env['TMPDIR'] = own
  process.once('exit', () => rmSync(own, { recursive: true, force: true }))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

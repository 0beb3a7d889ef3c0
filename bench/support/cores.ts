import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** Whether servers and load run on cores of their own. Needs `taskset` and two cores. */
export const isPinned = availableParallelism() > 1 && hasTaskset()

/** The command that runs a server on core 0. It is empty if processes cannot be pinned. */
export const onServerCore: readonly string[] = isPinned ? ['taskset', '-c', '0'] : []

/** Moves this process, and all that it starts without `onServerCore`, to core 1. */
export function moveToLoadCore(): void {
  if (isPinned) execFileSync('taskset', ['-acp', '1', String(process.pid)], { stdio: 'ignore' })
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

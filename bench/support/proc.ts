import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

const MIB_IN_KIB = 1024

export type Memory = { readonly residentMiB: number; readonly anonymousMiB: number }

/** The memory of a process. Shared pages count in full. */
export async function memoryOf(pid: number): Promise<Memory> {
  assertProc()
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8')
  const mib = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN) / MIB_IN_KIB
  return { residentMiB: mib('Rss'), anonymousMiB: mib('Anonymous') }
}

/** The processor time that all threads of a process have used. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  assertProc()
  const text = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain spaces.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [user, system] = [Number(fields[11]), Number(fields[12])]
  return (user + system) / ticksPerSecond()
}

function ticksPerSecond(): number {
  return Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
}

function assertProc(): void {
  if (!existsSync('/proc/self/smaps_rollup')) throw new Error('needs /proc, so it needs Linux')
}

import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'

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

/**
 * The processor time that all threads of a process have used. The kernel keeps it in nanoseconds for
 * each thread; `/proc/PID/stat` has hundredths of a second.
 */
export async function cpuSecondsOf(pid: number): Promise<number> {
  assertProc()
  const threads = await readdir(`/proc/${pid}/task`)
  const spent = threads.map((id) => readFile(`/proc/${pid}/task/${id}/schedstat`, 'utf8'))
  const ns = (await Promise.all(spent)).map((text) => Number(text.split(' ')[0]))
  return ns.reduce((sum, one) => sum + one, 0) / 1e9
}

function assertProc(): void {
  if (!existsSync('/proc/self/smaps_rollup')) throw new Error('needs /proc, so it needs Linux')
}

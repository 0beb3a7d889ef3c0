import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

export type Sample = {
  /** Anonymous memory of the process, without mapped files. */
  readonly memoryMiB: number
  /** All of its memory, with shared pages. */
  readonly residentMiB: number
  readonly descriptors: number
  readonly databaseKiB: number
  readonly logKiB: number
  readonly journalKiB: number
}

/** Measures the process from outside, because its own figures may miss a leak. */
export async function sample(pid: number, dataDir: string): Promise<Sample> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return {
    memoryMiB: mebibytes('RssAnon', status),
    residentMiB: mebibytes('VmRSS', status),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    databaseKiB: await sizeOf(join(dataDir, 'larder.db')),
    logKiB: await sizeOf(join(dataDir, 'larder.db-wal')),
    journalKiB: await sizeOf(join(dataDir, 'larder.journal')),
  }
}

function mebibytes(field: string, status: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => null)
  return (found?.size ?? 0) / 1024
}

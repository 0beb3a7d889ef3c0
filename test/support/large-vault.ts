import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { until } from './until.ts'

/** Makes a vault at rest so large that a start does not wait for the check of its file. */
export function enlarge(dataDir: string): void {
  const raw = new Database(join(dataDir, 'larder.db'))
  raw.exec('create table _padding (bytes); insert into _padding values (zeroblob(9000000))')
  raw.close()
}

/** Makes a vault at rest so large that its check takes some tenths of a second. */
export function enlargeFurther(dataDir: string): void {
  const raw = new Database(join(dataDir, 'larder.db'))
  raw.exec('create table _rows (n); create index _rows_n on _rows (n)')
  raw.exec(`insert into _rows with recursive c (n) as (select 1 union all select n + 1 from c)
    select n from c limit 400000`)
  raw.close()
}

/** Waits for the process of `parent` that checks the file of a vault, or rebuilds its indexes. */
export async function checkingProcess(
  parent: number,
  dataDir: string,
  task: 'check' | 'rebuild' = 'check',
): Promise<number> {
  const path = join(dataDir, 'larder.db')
  const isIt = (pid: string): boolean => commandOf(pid).slice(-3).join(' ') === `${task} ${path} `
  return until(`the process that does the ${task}`, () => {
    const found = childrenOf(parent).find(isIt)
    return found === undefined ? null : Number(found)
  })
}

function childrenOf(parent: number): readonly string[] {
  const tasks = `/proc/${parent}/task`
  return readdirSync(tasks).flatMap((task) =>
    readFileSync(join(tasks, task, 'children'), 'utf8').split(' '),
  )
}

function commandOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Instant } from '../../core/base/ids.ts'

/**
 * A file beside the database. It says in which state the last process left the database.
 *
 * - After a clean end: when the last check passed, and the inode, size and change time of the
 *   database. If one of them differs later, the database was changed, replaced or copied.
 * - After damage: a mark only. The next start then checks the database before it writes.
 */
export type CheckRecord =
  | { readonly kind: 'passed'; readonly at: Instant }
  | { readonly kind: 'suspect' }
  /** The end was not clean, or another program changed the database. */
  | { readonly kind: 'none' }

const NONE = { kind: 'none' } as const
const SUSPECT = { kind: 'suspect' } as const

export function readCheckRecord(database: string): CheckRecord {
  const record = parse(recordOf(database))
  if (record['suspect'] === true) return SUSPECT
  // Larder removes the write-ahead log at a clean end only.
  if (existsSync(`${database}-wal`)) return NONE
  const at = record['passedAt']
  const isOurs = Number.isSafeInteger(at) && record['file'] === fileState(database)
  return isOurs ? { kind: 'passed', at: Number(at) } : NONE
}

/** Call after the database is closed, because each write changes its size or change time. */
export function recordPassed(database: string, passedAt: Instant): void {
  write(database, { passedAt, file: fileState(database) })
}

export function recordSuspect(database: string): void {
  write(database, { suspect: true })
}

/** Call before the first write, because the record holds until then. */
export function removeCheckRecord(database: string): void {
  try {
    rmSync(recordOf(database), { force: true })
  } catch {
    // If the directory cannot be written, the database cannot be written either.
    return
  }
}

function recordOf(database: string): string {
  return `${database.replace(/\.db$/, '')}.check`
}

/** A record that cannot be written is missing at the next start, so that start checks the database. */
function write(database: string, record: object): void {
  try {
    writeFileSync(recordOf(database), JSON.stringify(record), { mode: 0o600 })
  } catch {
    return
  }
}

/** No program can set the change time of a file. */
function fileState(database: string): string {
  const { ino, size, ctimeNs } = statSync(database, { bigint: true })
  return [ino, size, ctimeNs].join(' ')
}

/** An incomplete record counts as no record. */
function parse(path: string): Readonly<Record<string, unknown>> {
  try {
    const record: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof record === 'object' && record !== null ? { ...record } : {}
  } catch {
    return {}
  }
}

import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Instant } from '../../core/base/ids.ts'

/**
 * The file beside the database that says how the last process left it.
 *
 * - After a clean end: when the last check passed, and what the file system says of the database.
 *   If it says anything else later, the database was changed, replaced or copied.
 * - After damage: nothing else, so that the next start checks the database before it writes.
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

/** Call after the database is closed, because each write changes what the file system says of it. */
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

/** A record that was cut short says nothing. */
function parse(path: string): Readonly<Record<string, unknown>> {
  try {
    const record: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof record === 'object' && record !== null ? { ...record } : {}
  } catch {
    return {}
  }
}

import type { Instant } from '../core/base/ids.ts'

/** `failed`: the check could not run, so it says nothing about the database. */
export type FileCheckResult = 'passed' | 'indexes_rebuilt' | 'damaged' | 'failed'

/** Null: no check has ended since the last process ended uncleanly, or since the file was changed. */
export type FileCheck = {
  readonly result: FileCheckResult | null
  readonly endedAt: Instant | null
}

import { join } from 'node:path'
import Database from 'better-sqlite3'

const HOUR_MS = 3_600_000
/** A refresh is due this long before its token expires, as with a lifetime of an hour. */
const MARGIN_MS = 12 * 60_000
/** This much of the hour is moved to begin now. It is longer than the scenario runs. */
const MOVED_MS = 10 * 60_000

export type DueTimes = {
  /** Moves the first minutes to begin now. Call while the daemon does not run. */
  readonly beginNow: () => void
  /** When the connection with this number is due. */
  readonly of: (n: number) => number
}

/**
 * Spreads the due times of all connections evenly over an hour that begins later. To rewrite every
 * row takes long, so `beginNow` moves only the beginning of that hour. Row seals do not cover due
 * times.
 */
export function spreadDueTimes(dataDir: string, size: number): DueTimes {
  const laterFrom = Date.now() + HOUR_MS
  const stepMs = HOUR_MS / size
  inDatabase(dataDir, (raw) => {
    // The rows were inserted in the order of their numbers, and row ids begin with 1.
    raw
      .prepare(
        `update connections set
           due_at = cast(? + (rowid - 1) * ? as integer),
           token_expires_at = cast(? + (rowid - 1) * ? as integer)`,
      )
      .run(laterFrom, stepMs, laterFrom + MARGIN_MS, stepMs)
  })
  let from = laterFrom
  return {
    of: (n) => from + Math.trunc(n * stepMs),
    beginNow: () => {
      from = Date.now()
      inDatabase(dataDir, (raw) => {
        raw
          .prepare(
            `update connections set due_at = due_at - ?, token_expires_at = token_expires_at - ?
             where rowid <= ?`,
          )
          .run(laterFrom - from, laterFrom - from, Math.ceil(MOVED_MS / stepMs))
      })
    },
  }
}

function inDatabase(dataDir: string, work: (raw: Database.Database) => void): void {
  const raw = new Database(join(dataDir, 'larder.db'))
  try {
    raw.pragma('synchronous = off')
    raw.transaction(work)(raw)
    raw.pragma('wal_checkpoint(truncate)')
  } finally {
    raw.close()
  }
}

import type { AttemptId, ConnectionId, GrantId, Instant } from '../core/base/ids.ts'
import type { ReceivedTokens } from '../core/refresh/refresh-outcome.ts'

/** A received rotation that is not in the database yet. */
export type JournalEntry = {
  readonly attempt: AttemptId
  readonly connectionId: ConnectionId
  readonly grantId: GrantId
  /** The generation of the refresh token that was sent. */
  readonly generation: number
  readonly sentAt: Instant
  readonly tokens: ReceivedTokens
}

/**
 * Stores rotations durably without free disk space. The methods are synchronous, so that no other
 * code runs during a write.
 */
export interface Journal {
  /** Returns true if the entry survives a crash of the process, but perhaps not of the machine. */
  note(entry: JournalEntry): boolean
  /** Returns true if the entry also survives a crash of the machine. */
  keep(entry: JournalEntry): boolean
  readonly entries: readonly JournalEntry[]
  drop(entry: Pick<JournalEntry, 'attempt'>): void
}

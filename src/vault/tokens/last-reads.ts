import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { RECORD_READS_EVERY_MS } from '../../core/refresh/keep-alive.ts'
import type { RefreshPolicy } from '../../core/refresh/refresh-policy.ts'
import type { Clock, LastReads } from '../../ports/ports.ts'

/** About 10 MB. Further connections are noted at a read after the next write. */
const MOST_NOTED = 100_000

/**
 * After a longer stop, for example if a copy of the vault is in use again, the stored times say
 * nothing.
 */
const AWAY_MS = 24 * 3_600_000

/**
 * The connections that were read since the last write of `writeLastReads`. A read must write
 * nothing. A crash loses these notes, which is harmless: the stored time is a little older, and the
 * next read notes the connection again.
 */
export class NotedReads implements LastReads {
  readonly #clock: Pick<Clock, 'now'>
  readonly #policy: Pick<RefreshPolicy, 'keepFreshMs'>
  readonly #countsFrom: Instant
  #noted = new Set<ConnectionId>()

  /** `lastAliveAt`: when the last process stopped. Null for a new vault. */
  constructor(
    clock: Pick<Clock, 'now'>,
    policy: Pick<RefreshPolicy, 'keepFreshMs'>,
    lastAliveAt: Instant | null,
  ) {
    this.#clock = clock
    this.#policy = policy
    const now = clock.now()
    const wasAway = lastAliveAt === null || now - lastAliveAt > AWAY_MS
    this.#countsFrom = wasAway ? now : 0
  }

  get countsFrom(): Instant {
    return this.#countsFrom
  }

  note({ id, lastReadAt }: Pick<Connection, 'id' | 'lastReadAt'>): void {
    if (this.#policy.keepFreshMs === null || this.#noted.size >= MOST_NOTED) return
    const isRecent = lastReadAt !== null && this.#clock.now() - lastReadAt < RECORD_READS_EVERY_MS
    if (!isRecent) this.#noted.add(id)
  }

  has(id: ConnectionId): boolean {
    return this.#noted.has(id)
  }

  take(): readonly ConnectionId[] {
    const taken = [...this.#noted]
    this.#noted = new Set()
    return taken
  }
}

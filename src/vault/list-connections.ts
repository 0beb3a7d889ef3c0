import type { Caller } from '../core/access.ts'
import type { Connection, Status } from '../core/connection.ts'
import type { Instant, ProviderId, UserId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

export type ListDemand = {
  readonly userId: UserId | null
  readonly provider: ProviderId | null
  readonly status: Status | null
  readonly expiringBefore: Instant | null
  readonly cursor: string | null
  readonly limit: number
}

export async function listConnections(
  _ports: Ports,
  _caller: Caller,
  _demand: ListDemand,
): Promise<{ readonly items: readonly Connection[]; readonly nextCursor: string | null }> {
  throw new Error('not written yet')
}

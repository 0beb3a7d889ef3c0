import type { Caller } from '../../core/base/access.ts'
import { isLive, type LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import { findConnection } from '../connections/find-connection.ts'
import { canBeAsked, refresh, type RefreshNeeds } from '../refresh/refresh.ts'
import {
  confirmationRequired,
  refreshProblem,
  unavailable,
  waitProblem,
} from '../refresh/refresh-problem.ts'

/** Refreshes at once. Ignores back-off, but respects a Retry-After. Throws if the refresh fails. */
export async function refreshNow(
  ports: RefreshNeeds,
  caller: Caller,
  id: ConnectionId,
): Promise<LiveConnection> {
  const connection = await findConnection(ports, caller, { id })
  if (!isLive(connection)) throw confirmationRequired(connection)
  // These credentials cannot be renewed or checked.
  if (!canBeAsked(ports, connection)) return connection
  const now = ports.clock.now()
  const waitMs = connection.failure?.reason === 'throttled' ? (connection.dueAt ?? now) - now : 0
  if (waitMs > 0) throw waitProblem(connection, waitMs)
  const wasFlying = ports.flights.has(id)
  const result = await refresh(ports, connection, 'forced')
  // This call may have joined a scheduled flight that an open circuit stopped. A forced refresh
  // ignores the circuit, so try again.
  const final =
    result.kind === 'held' && wasFlying ? await refresh(ports, connection, 'forced') : result
  if (final.kind === 'refreshed') return final.connection
  if (final.kind === 'held' && final.reason === 'busy') throw unavailable('busy', 1_000)
  throw refreshProblem(final, ports.clock.now())
}

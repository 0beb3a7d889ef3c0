import type { LiveConnection } from '../../core/connection/connection.ts'
import { pausedIfUnread } from '../../core/refresh/keep-alive.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'

/**
 * Postpones the due refresh of a connection that no caller has read for long. Returns false if the
 * connection has to be refreshed. Never throws: logs an error and returns false.
 */
export async function pauseUnread(
  ports: RefreshNeeds,
  connection: LiveConnection,
): Promise<boolean> {
  const { lastReads, policy, clock, random } = ports
  if (policy.keepFreshMs === null || lastReads.has(connection.id)) return false
  // The time of the last read is not known, for example after an upgrade: count from now.
  if (connection.lastReadAt === null) lastReads.note(connection)
  const provider = ports.providers.get(connection.provider)
  if (provider === undefined) return false
  const at = { now: clock.now(), fraction: random.fraction() }
  if (at.now - lastReads.countsFrom <= policy.keepFreshMs) return false
  const paused = pausedIfUnread(connection, { ...provider, policy }, at)
  if (paused === null) return false
  try {
    await ports.store.write((trx) => trx.trySaveConnection(connection, paused))
    return true
  } catch (error) {
    const { id } = connection
    ports.observer.refreshBroke({ id, provider: connection.provider, error })
    return false
  }
}

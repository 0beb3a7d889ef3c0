import type { LiveConnection } from '../../core/connection/connection.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import { promoteLeftDraft } from '../import/promote-left-drafts.ts'
import type { ProveNeeds } from '../import/prove-draft.ts'
import { refresh, type RefreshReason } from '../refresh/refresh.ts'

/**
 * Refreshes a connection when no caller waits for the result. Promotes a draft if the refresh
 * proves it. Never throws: logs an error and returns null.
 */
export async function refreshUnattended(
  ports: ProveNeeds,
  connection: LiveConnection,
  wanted: RefreshReason,
): Promise<RefreshResult | null> {
  const { id, provider } = connection
  try {
    const result = await refresh(ports, connection, wanted)
    if ('connection' in result && result.connection.draft !== null) {
      await promoteLeftDraft(ports, result.connection)
    }
    return result
  } catch (error) {
    ports.observer.refreshBroke({ id, provider, error })
    return null
  }
}

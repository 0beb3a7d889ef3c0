import type { LiveConnection } from '../../core/connection/connection.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import { promoteLeftDraft } from '../import/promote-left-drafts.ts'
import type { ProveNeeds } from '../import/prove-draft.ts'
import { refresh, type RefreshReason } from '../refresh/refresh.ts'

/**
 * A refresh that nobody waits for; a draft whose proof it is takes its place. Never throws: null if
 * something broke.
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

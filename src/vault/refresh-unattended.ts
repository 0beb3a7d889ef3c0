import type { LiveConnection } from '../core/connection.ts'
import type { RefreshResult } from '../core/refresh-outcome.ts'
import { type ProveNeeds, settleLeftDraft } from './prove-draft.ts'
import { refresh, type Wanted } from './refresh.ts'

/**
 * A refresh that nobody waits for; a draft whose proof it is takes its place. Never throws: null if
 * something broke.
 */
export async function refreshUnattended(
  ports: ProveNeeds,
  connection: LiveConnection,
  wanted: Wanted,
): Promise<RefreshResult | null> {
  const { id, provider } = connection
  try {
    const result = await refresh(ports, connection, wanted)
    if ('connection' in result && result.connection.draft !== null) {
      await settleLeftDraft(ports, result.connection)
    }
    return result
  } catch (error) {
    ports.observer.refreshBroke({ id, provider, error })
    return null
  }
}

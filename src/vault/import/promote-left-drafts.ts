import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { connectFailureOf } from '../connect/connect-failure.ts'
import { promoteDraft } from './promote-draft.ts'
import { identifyInLane, type ProveNeeds } from './prove-draft.ts'

const AT_ONCE = 1_000

/**
 * Promotes drafts with a valid access token that a crash left behind. Called at start, because
 * their next refresh may be days away. An error in one draft does not stop the others.
 */
export async function promoteLeftDrafts(ports: ProveNeeds): Promise<void> {
  for (const draft of await ports.store.provenDrafts(AT_ONCE)) {
    // The journal has a rotation of this draft, which must be committed first.
    if (ports.flights.has(draft.id)) continue
    try {
      await promoteLeftDraft(ports, draft)
    } catch (error) {
      ports.observer.refreshBroke({ id: draft.id, provider: draft.provider, error })
    }
  }
}

/**
 * Promotes or removes a draft that a crash or an outage left behind, after the schedule refreshed
 * it.
 */
export async function promoteLeftDraft(ports: ProveNeeds, draft: LiveConnection): Promise<void> {
  const failed = { provider: draft.provider, how: 'import' } as const
  if (draft.status === 'disconnected') {
    await ports.store.write((trx) => trx.removeConnection(draft.id))
    const { detail } = draft.failure
    ports.observer.connectFailed({ ...failed, code: 'invalid_request', detail })
    return
  }
  try {
    await promoteDraft(ports, await identifyInLane(ports, draft))
  } catch (error) {
    if (!(error instanceof VaultError)) throw error
    // The draft stays, and a later refresh may prove it.
    if (error.code === 'provider_unavailable') return
    ports.observer.connectFailed({ ...failed, ...connectFailureOf(error) })
  }
}

import {
  type Connection,
  isLive,
  isRenewable,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { afterReport, wouldServe } from '../../core/refresh/token-report.ts'
import { canBeAsked, refreshBlockedBy, type RefreshNeeds } from '../refresh/refresh.ts'
import { tryRecordChange } from '../refresh/record-change.ts'
import { reportDisconnected } from '../refresh/report-disconnected.ts'

/**
 * Stores a caller's report that the provider's API rejected a token. No read returns this token
 * again, even if the refresh fails. Returns the connection as it is stored afterwards.
 */
export async function reportRejectedToken(
  ports: RefreshNeeds,
  seen: Connection,
  tokenId: string,
): Promise<Connection> {
  if (!isLive(seen) || !wouldServe(seen, tokenId)) return seen
  const changes = await ports.store.write(async (trx) => {
    const before = await trx.connection(seen.id)
    if (before === null || !isLive(before) || !wouldServe(before, tokenId)) return null
    return tryRecordChange(ports, trx, { before, after: reported(ports, before) })
  })
  reportDisconnected(ports, changes ?? [])
  return (await ports.store.connection(seen.id)) ?? seen
}

/** Does not change the generation, so that a running refresh can still commit its tokens. */
function reported(ports: RefreshNeeds, before: LiveConnection): LiveConnection {
  const held = refreshBlockedBy(ports, before)
  const mayAsk =
    before.grant.kind === 'credentials' ? canBeAsked(ports, before) : isRenewable(before.grant)
  return afterReport(before, {
    now: ports.clock.now(),
    mayAsk,
    held: held && { reason: REASON[held.reason], retryAt: held.retryAt },
  })
}

const REASON = {
  unavailable: 'provider_unavailable',
  throttled: 'throttled',
  misconfigured: 'provider_misconfigured',
  not_configured: 'provider_misconfigured',
  busy: 'provider_unavailable',
} as const

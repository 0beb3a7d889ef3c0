import {
  type Connection,
  isLive,
  isRenewable,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { refreshEvents } from '../../core/events/event.ts'
import { afterReport, wouldServe } from '../../core/refresh/token-report.ts'
import type { Writes } from '../../ports/store.ts'
import { canBeAsked, refreshBlockedBy, type RefreshNeeds } from '../refresh/refresh.ts'
import { siblingsOf } from '../refresh/share-with-siblings.ts'
import { type Change, reportDisconnected } from '../refresh/report-disconnected.ts'

/**
 * Stores a caller's report that the provider's API refused a token, so that no reader gets it again,
 * whatever comes of the refresh. Returns the connection as it is then.
 */
export async function reportRejectedToken(
  ports: RefreshNeeds,
  seen: Connection,
  tokenId: string,
): Promise<Connection> {
  if (!isLive(seen) || !wouldServe(seen, tokenId)) return seen
  const changes = await ports.store.write(async (trx) => {
    const current = await trx.connection(seen.id)
    if (current === null || !isLive(current) || !wouldServe(current, tokenId)) return []
    const siblings = await siblingsOf(ports, trx, current)
    const holders = [current, ...siblings.filter((one) => wouldServe(one, tokenId))]
    const written: Change[] = []
    for (const before of holders) written.push(await storeReport(ports, trx, before))
    return written
  })
  reportDisconnected(ports, changes)
  return (await ports.store.connection(seen.id)) ?? seen
}

/** The generation stays: a refresh in the air may commit what it gets. */
async function storeReport(
  ports: RefreshNeeds,
  trx: Writes,
  before: LiveConnection,
): Promise<Change> {
  const held = refreshBlockedBy(ports, before)
  const mayAsk =
    before.grant.kind === 'credentials' ? canBeAsked(ports, before) : isRenewable(before.grant)
  const after = afterReport(before, {
    now: ports.clock.now(),
    mayAsk,
    held: held && { reason: REASON[held.reason], retryAt: held.retryAt },
  })
  await trx.saveConnection(before, after)
  for (const event of refreshEvents(before, after)) await trx.appendEvent(event, after.updatedAt)
  return { before, after }
}

const REASON = {
  unavailable: 'provider_unavailable',
  throttled: 'throttled',
  misconfigured: 'provider_misconfigured',
  not_configured: 'provider_misconfigured',
  busy: 'provider_unavailable',
} as const

import { type Connection, isLive, isRenewable, type LiveConnection } from '../core/connection.ts'
import { refreshEvents } from '../core/event.ts'
import { afterReport, wouldServe } from '../core/token-report.ts'
import type { Writes } from '../ports/store.ts'
import { canBeAsked, heldBack, type RefreshNeeds } from './refresh.ts'
import { siblingsOf } from './share-with-siblings.ts'
import { type Change, tellDisconnected } from './tell-disconnected.ts'

/**
 * Stores a caller's report that the provider's API refused a token, so that no reader gets it again,
 * whatever comes of the refresh. Returns the connection as it is then.
 */
export async function noteRejection(
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
    for (const before of holders) written.push(await note(ports, trx, before))
    return written
  })
  tellDisconnected(ports, changes)
  return (await ports.store.connection(seen.id)) ?? seen
}

/** The generation stays: a refresh in the air may commit what it gets. */
async function note(ports: RefreshNeeds, trx: Writes, before: LiveConnection): Promise<Change> {
  const held = heldBack(ports, before)
  const mayAsk =
    before.grant.kind === 'credentials' ? canBeAsked(ports, before) : isRenewable(before.grant)
  const after = afterReport(before, {
    now: ports.clock.now(),
    mayAsk,
    held: held && { reason: REASON[held.reason], retryAt: held.retryAt },
  })
  const { won } = await trx.saveConnection(before, after)
  if (!won) return { before, after: before }
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

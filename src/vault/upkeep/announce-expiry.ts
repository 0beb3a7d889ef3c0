import { isLive } from '../../core/connection/connection.ts'
import { connectionEvent } from '../../core/events/event.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import { yieldTurn } from '../../core/base/yield-turn.ts'
import type { Ports } from '../../ports/ports.ts'

const AT_ONCE = 500

/**
 * Appends `connection.expiring` for grants that will expire and that no refresh has extended, so
 * that the app can ask the user in time. Appends one event for each expiry time. Returns how many.
 */
export async function announceExpiry(
  ports: Pick<Ports, 'clock' | 'store' | 'flights'>,
): Promise<number> {
  const near = await ports.store.endingGrants(ports.clock.now(), AT_ONCE)
  let told = 0
  for (const id of near) {
    // A running refresh may extend the grant, and may overwrite the cleared `endNoticeAt`.
    if (!ports.flights.has(id)) told += Number(await announce(ports, id))
    await yieldTurn(ports.clock)
  }
  return told
}

function announce(ports: Pick<Ports, 'clock' | 'store'>, id: ConnectionId): Promise<boolean> {
  const now = ports.clock.now()
  return ports.store.write(async (trx) => {
    const before = await trx.connection(id)
    if (before === null || !isLive(before) || before.grant.kind !== 'oauth') return false
    const { endNoticeAt } = before.grant
    if (before.status === 'disconnected' || endNoticeAt === null || endNoticeAt > now) return false
    const after = { ...before, grant: { ...before.grant, endNoticeAt: null } }
    await trx.saveConnection(before, after)
    await trx.appendEvent(connectionEvent('connection.expiring', before, null), now)
    return true
  })
}

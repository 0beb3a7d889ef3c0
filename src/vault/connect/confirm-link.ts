import { timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../core/base/access.ts'
import type { ConnectLink, LinkState } from '../../core/connect/flow.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { LinkId, UserId } from '../../core/base/ids.ts'
import type { Writes } from '../../ports/store.ts'
import { type ConnectNeeds, writeGrant } from './write-grant.ts'
import type { NewGrantChange } from '../refresh/record-change.ts'
import { digest } from '../../core/base/digest.ts'
import { requirePending } from './open-link.ts'
import { refuseWaiting } from './withdraw-link.ts'
import { showLink } from './show-link.ts'
import { idOf } from '../connections/token-id.ts'
import { reportConnected } from './report-connected.ts'

type Awaiting = Extract<LinkState, { status: 'awaiting_confirmation' }>

/**
 * Stores a waiting grant when the app confirms it in its user's session. Only the browser that
 * consented received `completion`. If the app names another user than the link, the grant is
 * revoked: otherwise an attacker could connect a victim's account as their own.
 */
export async function confirmLink(
  ports: ConnectNeeds,
  caller: Caller,
  id: LinkId,
  { userId, completion }: { readonly userId: UserId; readonly completion: string },
): Promise<LiveConnection> {
  const link = await showLink(ports, caller, id)
  const waiting = requireAwaiting(link)
  const [given, expected] = [Buffer.from(digest(completion)), Buffer.from(waiting.completionHash)]
  if (!timingSafeEqual(given, expected)) throw new VaultError('not_found', 'no such completion')
  const isLate = waiting.confirmBefore <= ports.clock.now()
  if (isLate || link.request.userId !== userId) {
    await ports.store.write((trx) => refuseWaiting(ports, trx, link, 'confirmation_refused'))
    throw new VaultError(
      'confirmation_refused',
      isLate ? 'the time to confirm is over' : 'confirmed for another user',
    )
  }
  const written = await ports.store.write((trx) => writeWaiting(ports, trx, link))
  reportConnected(ports, written, 'link')
  return written.connection
}

async function writeWaiting(
  ports: ConnectNeeds,
  trx: Writes,
  link: ConnectLink,
): Promise<NewGrantChange> {
  const waiting = await trx.waitingGrant(link.id)
  const provider = waiting === null ? undefined : ports.providers.get(waiting.provider)
  if (waiting === null || provider === undefined)
    throw new VaultError('conflict', 'the link was changed meanwhile')
  const replaced = await trx.connection(waiting.connectionId)
  if (replaced === null) throw new VaultError('not_found', 'the connection has been deleted')
  const { sentAt } = waiting
  const received = { ...waiting.received, sentAt, tokenId: idOf(ports, waiting.received) }
  const written = await writeGrant(ports, trx, { ...waiting, provider, received }, replaced)
  await trx.removeWaitingGrant(link.id)
  const state = { status: 'completed', connectionId: replaced.id } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return written
}

function requireAwaiting({ state }: ConnectLink): Awaiting {
  if (state.status === 'awaiting_confirmation') return state
  requirePending(state.status)
  throw new VaultError('conflict', 'the link has not connected an account yet')
}

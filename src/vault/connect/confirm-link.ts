import { timingSafeEqual } from 'node:crypto'
import type { Caller } from '../../core/base/access.ts'
import type { ConnectLink, LinkState } from '../../core/connect/flow.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { LinkId, UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { writeGrant, type WrittenGrant } from './write-grant.ts'
import { digest } from '../../core/base/digest.ts'
import { LINK_DETAIL, LINK_PROBLEM } from './open-link.ts'
import { refuseWaiting } from './refuse-waiting.ts'
import { showLink } from './show-link.ts'
import { idOf } from '../connections/token-id.ts'
import { reportConnected } from './report-connected.ts'

type Needs = Pick<
  Ports,
  'clock' | 'random' | 'store' | 'sealer' | 'endpoint' | 'providers' | 'policy' | 'observer'
>

type Awaiting = Extract<LinkState, { status: 'awaiting_confirmation' }>

/**
 * The host app stands by a grant, from the session of the user it knows. `completion` went to the
 * browser that consented and to nobody else; another user than the link's ends the grant, so that
 * nobody can have a victim's account connected as theirs.
 */
export async function confirmLink(
  ports: Needs,
  caller: Caller,
  id: LinkId,
  demand: { readonly userId: UserId; readonly completion: string },
): Promise<LiveConnection> {
  const link = await showLink(ports, caller, id)
  const waiting = awaitingOf(link)
  if (!isCompletion(waiting, demand.completion))
    throw new VaultError('not_found', 'no such completion')
  const isLate = waiting.confirmBefore <= ports.clock.now()
  if (isLate || link.request.userId !== demand.userId) {
    const after = {
      ...link,
      state: { status: 'withdrawn' },
      lastError: 'confirmation_refused',
    } as const
    await ports.store.write((trx) => refuseWaiting(ports, trx, after))
    throw new VaultError(
      'confirmation_refused',
      isLate ? 'the time to confirm is over' : 'confirmed for another user',
    )
  }
  const attached = await ports.store.write((trx) => attachWaiting(ports, trx, link))
  reportConnected(ports, attached, 'link')
  return attached.connection
}

async function attachWaiting(ports: Needs, trx: Writes, link: ConnectLink): Promise<WrittenGrant> {
  const waiting = await trx.waitingGrant(link.id)
  const provider = waiting === null ? undefined : ports.providers.get(waiting.provider)
  if (waiting === null || provider === undefined) {
    throw new VaultError('conflict', 'the link was changed meanwhile')
  }
  const slot = await trx.connection(waiting.connectionId)
  if (slot === null) throw new VaultError('not_found', 'the connection has been deleted')
  const { brought, sentAt } = waiting
  const arrival = { ...brought, sentAt, tokenId: idOf(ports, brought) }
  const attached = await writeGrant(ports, trx, { ...waiting, provider, arrival }, slot)
  await trx.removeWaitingGrant(link.id)
  const state = { status: 'completed', connectionId: slot.id } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return attached
}

function awaitingOf(link: ConnectLink): Awaiting {
  const { state } = link
  if (state.status === 'awaiting_confirmation') return state
  const code = LINK_PROBLEM[state.status]
  if (code === null) throw new VaultError('conflict', 'nobody has connected through this link yet')
  throw new VaultError(code, LINK_DETAIL[code])
}

function isCompletion(waiting: Awaiting, completion: string): boolean {
  return timingSafeEqual(Buffer.from(digest(completion)), Buffer.from(waiting.completionHash))
}

import type { ConnectLink } from '../core/authorization.ts'
import type { Connection } from '../core/connection.ts'
import { VaultError } from '../core/errors.ts'
import { broughtOf } from '../core/grant.ts'
import type { Ports } from '../ports.ts'
import type { Writes } from '../ports/store.ts'
import {
  attachGrant,
  blankConnection,
  type Consent,
  findSlot,
  refuseHeldElsewhere,
  rememberRefreshToken,
} from './attach-grant.ts'
import { digest } from './digest.ts'

/** Ten minutes for the host app to stand by a grant (see `confirmLink`). */
const CONFIRM_WITHIN_MS = 10 * 60_000

export type Placed = {
  readonly connection: Connection
  readonly change: 'created' | 'reconnected' | 'awaiting'
  /** Given to the browser alone, where the host app has to confirm. */
  readonly completion: string | null
}

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>

/** A consent that came through a link: attached at once, or laid aside until the host app confirms. */
export async function placeConsent(
  ports: Needs,
  trx: Writes,
  seen: ConnectLink,
  consent: Consent,
): Promise<Placed> {
  const link = await trx.link(seen.id)
  const mayComplete = link?.state.status === 'pending' || link?.state.status === 'superseded'
  if (link === null || !mayComplete) throw new VaultError('link_used', 'the link has been used')
  const slot = await findSlot(trx, consent)
  if (link.confirm === 'app') return layAside(ports, trx, { link, consent, slot })
  const { connection, change } = await attachGrant(ports, trx, consent, slot)
  const state = { status: 'completed', connectionId: connection.id } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return { connection, change, completion: null }
}

async function layAside(
  ports: Needs,
  trx: Writes,
  what: { readonly link: ConnectLink; readonly consent: Consent; readonly slot: Connection | null },
): Promise<Placed> {
  const { link, consent, slot } = what
  await refuseHeldElsewhere(trx, consent, slot)
  const connection = slot ?? ({ ...blankConnection(ports, consent), status: 'pending' } as const)
  if (slot === null) await trx.insertConnection(connection)
  const { arrival, provider, account, requestedScope, request } = consent
  // Another consent may bring the same one while this waits.
  await rememberRefreshToken(trx, connection, arrival)
  await trx.insertWaitingGrant({
    link: link.id,
    connectionId: connection.id,
    provider: provider.id,
    brought: broughtOf(arrival),
    sentAt: arrival.sentAt,
    account,
    requestedScope,
    request,
  })
  const completion = Buffer.from(ports.random.bytes(32)).toString('base64url')
  const state = {
    status: 'awaiting_confirmation',
    connectionId: connection.id,
    completionHash: digest(completion),
    confirmBefore: ports.clock.now() + CONFIRM_WITHIN_MS,
  } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return { connection, change: 'awaiting', completion }
}

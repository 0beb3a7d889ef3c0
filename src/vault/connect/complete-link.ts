import type { ConnectLink } from '../../core/connect/flow.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { receivedGrantOf } from '../../core/refresh/grant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import {
  writeGrant,
  blankConnection,
  type Consent,
  findReplaced,
  refuseTokenOfAnother,
  rememberRefreshToken,
} from './write-grant.ts'
import { digest } from '../../core/base/digest.ts'

/** Ten minutes for the host app to stand by a grant (see `confirmLink`). */
const CONFIRM_WITHIN_MS = 10 * 60_000

export type LinkCompletion = {
  readonly connection: Connection
  readonly change: 'created' | 'reconnected' | 'awaiting'
  /** Given to the browser alone, where the host app has to confirm. */
  readonly completion: string | null
}

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>

/** A consent that came through a link: attached at once, or laid aside until the host app confirms. */
export async function completeLink(
  ports: Needs,
  trx: Writes,
  seen: ConnectLink,
  consent: Consent,
): Promise<LinkCompletion> {
  const link = await trx.link(seen.id)
  const mayComplete = link?.state.status === 'pending' || link?.state.status === 'superseded'
  if (link === null || !mayComplete) throw new VaultError('link_used', 'the link has been used')
  const slot = await findReplaced(trx, consent)
  if (link.confirm === 'app') return awaitConfirmation(ports, trx, { link, consent, slot })
  const { connection, change } = await writeGrant(ports, trx, consent, slot)
  const state = { status: 'completed', connectionId: connection.id } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return { connection, change, completion: null }
}

async function awaitConfirmation(
  ports: Needs,
  trx: Writes,
  what: { readonly link: ConnectLink; readonly consent: Consent; readonly slot: Connection | null },
): Promise<LinkCompletion> {
  const { link, consent, slot } = what
  await refuseTokenOfAnother(trx, consent, slot)
  const connection = slot ?? ({ ...blankConnection(ports, consent), status: 'pending' } as const)
  if (slot === null) await trx.insertConnection(connection)
  const { arrival, provider, account, requestedScope, request } = consent
  // Another consent may bring the same one while this waits.
  await rememberRefreshToken(trx, connection, arrival)
  await trx.insertWaitingGrant({
    link: link.id,
    connectionId: connection.id,
    provider: provider.id,
    brought: receivedGrantOf(arrival),
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

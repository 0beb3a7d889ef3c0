import type { ConnectLink } from '../../core/connect/flow.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { receivedGrantOf } from '../../core/refresh/grant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import {
  type Consent,
  connectionFor,
  findReplaced,
  refuseTokenOfAnother,
  rememberRefreshToken,
  writeGrant,
} from './write-grant.ts'
import { requireUnused } from './open-link.ts'
import { digest } from '../../core/base/digest.ts'

/** How long the app may take to confirm a grant (see `confirmLink`). */
const CONFIRM_WITHIN_MS = 10 * 60_000

export type LinkCompletion = {
  readonly connection: Connection
  readonly change: 'created' | 'reconnected' | 'awaiting'
  /** Only for the browser. Null if the app does not have to confirm. */
  readonly completion: string | null
}

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>

/** Stores the grant of a consent. If the app has to confirm it, stores it as a waiting grant. */
export async function completeLink(
  ports: Needs,
  trx: Writes,
  seen: ConnectLink,
  consent: Consent,
): Promise<LinkCompletion> {
  const link = await trx.link(seen.id)
  if (link === null) throw new VaultError('not_found', 'no such link')
  requireUnused(link)
  const replaced = await findReplaced(trx, consent)
  if (link.confirm === 'app') return awaitConfirmation(ports, trx, { link, consent, replaced })
  const { connection, change } = await writeGrant(ports, trx, consent, replaced)
  const state = { status: 'completed', connectionId: connection.id } as const
  await trx.saveLink(link, { ...link, state, lastError: null })
  return { connection, change, completion: null }
}

async function awaitConfirmation(
  ports: Needs,
  trx: Writes,
  of: {
    readonly link: ConnectLink
    readonly consent: Consent
    readonly replaced: Connection | null
  },
): Promise<LinkCompletion> {
  const { link, consent, replaced } = of
  await refuseTokenOfAnother(trx, consent, replaced)
  const connection = replaced ?? ({ ...connectionFor(ports, consent), status: 'pending' } as const)
  if (replaced === null) await trx.insertConnection(connection)
  const { received, provider, account, requestedScope, request } = consent
  // While this grant waits, another consent with the same refresh token is refused.
  await rememberRefreshToken(trx, connection, received)
  await trx.insertWaitingGrant({
    link: link.id,
    connectionId: connection.id,
    provider: provider.id,
    received: receivedGrantOf(received),
    sentAt: received.sentAt,
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

import type { Connection } from '../../core/connection/connection.ts'
import type { ReceivedGrant } from '../../core/refresh/grant.ts'
import { type ConnectionId, newId } from '../../core/base/ids.ts'
import type { Sealed } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { type JudgeNeeds, wouldEndAnother } from './judge-revocation.ts'

export type RevocationAnswer = 'queued' | 'unsupported' | 'skipped'

type Needs = JudgeNeeds & Pick<Ports, 'clock' | 'random'>

/** The tokens of a received grant. Credentials cannot be revoked. */
export function tokensOf(received: ReceivedGrant): {
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
} {
  if (received.kind === 'credentials') return { refreshToken: null, accessToken: null }
  const { refreshToken, accessToken } = received.tokens
  return { refreshToken, accessToken }
}

/** Tokens that no connection has any more. */
export type Dropped = {
  readonly holder: Pick<Connection, 'provider' | 'client' | 'params' | 'providerData' | 'account'>
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
  /** The connection that had the tokens, if it still exists. */
  readonly formerHolder?: ConnectionId | null
  /** False if the provider is known to have no revocation. */
  readonly isRevocable?: boolean
}

/**
 * Queues tokens for revocation at the provider. Call this in the transaction that removes the
 * tokens, after all other changes. Skips tokens whose revocation would end the grant of a stored
 * connection.
 */
export async function queueRevocation(
  ports: Needs,
  trx: Writes,
  dropped: Dropped | null,
): Promise<RevocationAnswer> {
  if (dropped === null) return 'skipped'
  const { holder, refreshToken, accessToken, formerHolder = null, isRevocable = true } = dropped
  const { provider, client, params, providerData, account } = holder
  const isSupported = ports.providers.get(provider)?.revocation.supported === true && isRevocable
  if (!isSupported) return 'unsupported'
  if (refreshToken === null && accessToken === null) return 'skipped'
  const tokens = { refreshToken, accessToken, accountId: account.id, formerHolder }
  const revocation = { provider, client, params, providerData, ...tokens }
  if (await wouldEndAnother(ports, trx, revocation)) return 'skipped'
  const now = ports.clock.now()
  const id = newId('rev', now, ports.random.bytes(10))
  await trx.enqueueRevocation({ id, ...revocation, attempts: 0, createdAt: now, dueAt: now })
  return 'queued'
}

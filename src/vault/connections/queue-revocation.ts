import type { Connection } from '../../core/connection/connection.ts'
import type { ReceivedGrant } from '../../core/refresh/grant.ts'
import { type ConnectionId, newId } from '../../core/base/ids.ts'
import type { Sealed } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { type JudgeNeeds, wouldEndAnother } from './judge-revocation.ts'

export type RevocationAnswer = 'queued' | 'unsupported' | 'skipped'

type Needs = JudgeNeeds & Pick<Ports, 'clock' | 'random'>

/** Whose tokens they are; `account.id` null where the provider did not tell. */
export type TokenHolder = Pick<
  Connection,
  'provider' | 'client' | 'params' | 'providerData' | 'account'
>

/** What of it the provider could be told to forget. */
export function tokensOf(brought: ReceivedGrant): {
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
} {
  if (brought.kind === 'credentials') return { refreshToken: null, accessToken: null }
  const { refreshToken, accessToken } = brought.tokens
  return { refreshToken, accessToken }
}

/** Tokens that a connection has let go of, or that none has taken. */
export type Dropped = {
  readonly holder: TokenHolder
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
  /** The connection that held them, if it still exists. */
  readonly formerHolder?: ConnectionId | null
  /** Whether the provider has a revocation; absent: not asked. */
  readonly isRevocable?: boolean
}

/**
 * Queues tokens for revocation at the provider, durably. Called in the transaction that dropped them,
 * after all of its changes. Skipped if the revocation would end a grant that a connection holds.
 */
export async function queueRevocation(
  ports: Needs,
  trx: Writes,
  { holder, refreshToken, accessToken, formerHolder = null, isRevocable = true }: Dropped,
): Promise<RevocationAnswer> {
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

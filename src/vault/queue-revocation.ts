import type { Connection } from '../core/connection.ts'
import type { Brought } from '../core/grant.ts'
import { newId } from '../core/ids.ts'
import type { Provider } from '../core/provider.ts'
import type { Sealed } from '../core/secret.ts'
import type { Ports } from '../ports.ts'
import type { Writes } from '../ports/store.ts'

export type RevocationAnswer = 'queued' | 'unsupported' | 'skipped'

type Needs = Pick<Ports, 'clock' | 'random' | 'endpoint' | 'providers'>

/** Whose tokens they are; `account.id` null where the provider did not tell. */
export type TokenHolder = Pick<
  Connection,
  'provider' | 'client' | 'params' | 'providerData' | 'account'
>

/** What of it the provider could be told to forget. */
export function tokensOf(brought: Brought): {
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
} {
  if (brought.kind === 'credentials') return { refreshToken: null, accessToken: null }
  const { refreshToken, accessToken } = brought.tokens
  return { refreshToken, accessToken }
}

/**
 * Queues tokens that nothing of ours holds any more for revocation at the provider, durably. Called
 * after the change that dropped them, in its transaction. Skipped where revoking would reach further
 * than these tokens: another connection, or a newer grant of this one, holds the same account at the
 * same client, and the provider takes all of them.
 */
export async function queueRevocation(
  ports: Needs,
  trx: Writes,
  dropped: {
    readonly holder: TokenHolder
    readonly refreshToken: Sealed | null
    readonly accessToken: Sealed | null
  },
): Promise<RevocationAnswer> {
  const { holder, refreshToken, accessToken } = dropped
  const provider = ports.providers.get(holder.provider)
  if (provider === undefined || !provider.revocation.supported) return 'unsupported'
  if (refreshToken === null && accessToken === null) return 'skipped'
  if (mayReachFurther(provider, holder) && (await isShared(ports, trx, holder))) return 'skipped'
  const now = ports.clock.now()
  await trx.enqueueRevocation({
    id: newId('rev', now, ports.random.bytes(10)),
    provider: holder.provider,
    client: holder.client,
    params: holder.params,
    providerData: holder.providerData,
    refreshToken,
    accessToken,
    attempts: 0,
    createdAt: now,
    dueAt: now,
  })
  return 'queued'
}

/** Where one account's connections live on one grant, others hold these very tokens. */
function mayReachFurther({ revocation, refresh }: Provider, { account }: TokenHolder): boolean {
  return revocation.reach === 'account' || (refresh.endsSiblings && account.id !== null)
}

/** An account that is not known may be anybody's: then it counts as shared. */
async function isShared(ports: Needs, trx: Writes, holder: TokenHolder): Promise<boolean> {
  if (holder.account.id === null) return true
  const client = ports.endpoint.clientName(holder.provider, holder.client)
  const others = await trx.connectionsOfAccount(holder.provider, holder.account.id)
  return others.some((other) => ports.endpoint.clientName(other.provider, other.client) === client)
}

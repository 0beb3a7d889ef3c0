import { type Connection, isLive } from '../../core/connection/connection.ts'
import type { ProviderId } from '../../core/base/ids.ts'
import type { Revocation } from '../../core/connection/revocation.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { openOrNull, type Sealed } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Reads } from '../../ports/store.ts'
import { isSameRefreshToken, tokenIdOf } from './token-id.ts'

export type JudgeNeeds = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>

type Judged = Omit<Revocation, 'id' | 'attempts' | 'createdAt' | 'dueAt'>
type JudgeReads = Pick<Reads, 'connection' | 'holderOfRefreshToken' | 'perhapsOfAccount'>

/**
 * Whether a revocation would end the grant of a stored connection: a connection with these tokens,
 * or, if the provider revokes by account, any connection of this account. An unknown account may be
 * any account. Checked when a revocation is queued, and again before each try, because days may
 * pass in between.
 */
export async function wouldEndAnother(
  ports: JudgeNeeds,
  reads: JudgeReads,
  revocation: Judged,
): Promise<boolean> {
  const provider = ports.providers.get(revocation.provider)
  // The provider is not configured, so nothing can be sent to it.
  if (provider === undefined) return false
  const providers = relatedTo(ports, provider)
  if (await isRefreshTokenHeld(ports, reads, { revocation, providers })) return true
  const account = { id: revocation.accountId }
  if (provider.revocation.reach === 'account' || provider.refresh.endsSiblings) {
    const among = { providers, account: account.id === null ? null : account }
    return anyOf(reads, among, isOfClient(ports, revocation))
  }
  return anyOf(reads, { providers, account }, hasTokens(ports, revocation))
}

/** The ids of this provider and of all providers that share grants with it. */
function relatedTo(
  { providers }: JudgeNeeds,
  { id, grantDomains }: Provider,
): readonly ProviderId[] {
  const related = [...providers.values()].filter(
    (other) =>
      other.id === id || other.grantDomains.some((domain) => grantDomains.includes(domain)),
  )
  return related.map((other) => other.id)
}

/**
 * Whether a connection has this token or has rotated it: revoking an old token may end the grant.
 */
async function isRefreshTokenHeld(
  ports: JudgeNeeds,
  reads: JudgeReads,
  of: { readonly revocation: Judged; readonly providers: readonly ProviderId[] },
): Promise<boolean> {
  const { refreshToken, formerHolder } = of.revocation
  const secret = openOrNull(refreshToken)
  if (secret === null) return false
  for (const provider of of.providers) {
    const found = await reads.holderOfRefreshToken(provider, secret)
    const holder = found === null ? null : await reads.connection(found.connectionId)
    if (holder === null) continue
    // The former holder may still be stored as the holder of a token that it no longer has.
    if (holder.id !== formerHolder || holdsNow(ports, holder, secret)) return true
  }
  return false
}

function holdsNow(ports: JudgeNeeds, connection: Connection, token: Sealed | null): boolean {
  return isLive(connection) && isSameRefreshToken(ports, connection.grant.refreshToken, token)
}

function isOfClient({ endpoint }: JudgeNeeds, { provider, client }: Judged) {
  const keys = endpoint.grantKeys(provider, client)
  return (one: Connection): boolean =>
    endpoint.grantKeys(one.provider, one.client).some((key) => keys.includes(key))
}

/** Several connections may have one token, from repeated consents or from repeated imports. */
function hasTokens(ports: JudgeNeeds, { refreshToken, accessToken, formerHolder }: Judged) {
  const secret = openOrNull(accessToken)
  const tokenId = secret === null ? null : tokenIdOf(ports, secret)
  return (one: Connection): boolean => {
    if (!isLive(one)) return false
    const isSame = tokenId !== null && one.grant.token?.tokenId === tokenId
    return (isSame && one.id !== formerHolder) || holdsNow(ports, one, refreshToken)
  }
}

const AT_ONCE = 100

async function anyOf(
  reads: JudgeReads,
  among: Pick<Parameters<JudgeReads['perhapsOfAccount']>[0], 'providers' | 'account'>,
  isHolder: (connection: Connection) => boolean,
): Promise<boolean> {
  for (let after: Connection['id'] | null = null; ;) {
    const page: readonly Connection[] = await reads.perhapsOfAccount({
      ...among,
      after,
      limit: AT_ONCE,
    })
    if (page.some(isHolder)) return true
    if (page.length < AT_ONCE) return false
    after = page.at(-1)?.id ?? null
  }
}

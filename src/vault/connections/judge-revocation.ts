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
type Asked = Pick<Reads, 'connection' | 'holderOfRefreshToken' | 'perhapsOfAccount'>

/**
 * Whether sending a revocation now would end a grant that a connection holds: one of the same account,
 * if the provider ends them all, or one on these very tokens. An account that is not known may be any.
 * Asked when a revocation is queued and again before each try: days may lie between.
 */
export async function wouldEndAnother(
  ports: JudgeNeeds,
  reads: Asked,
  revocation: Judged,
): Promise<boolean> {
  const provider = ports.providers.get(revocation.provider)
  // Nothing can be sent to a provider that is not configured.
  if (provider === undefined) return false
  const related = relatedTo(ports, provider)
  if (await isRefreshTokenHeld(ports, reads, { revocation, related })) return true
  return provider.revocation.reach === 'account' || provider.refresh.endsSiblings
    ? isAccountHeld(ports, reads, { revocation, related })
    : isTokenHeld(ports, reads, { revocation, related })
}

/** The ids under which grants of this provider may be held, its own among them. */
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

type About = { readonly revocation: Judged; readonly related: readonly ProviderId[] }

/** Also if the connection has a successor of it by now: ending the old one may end its whole family. */
async function isRefreshTokenHeld(
  ports: JudgeNeeds,
  reads: Asked,
  { revocation, related }: About,
): Promise<boolean> {
  const secret = openOrNull(revocation.refreshToken)
  if (secret === null) return false
  for (const provider of related) {
    const held = await reads.holderOfRefreshToken(provider, secret)
    const holder = held === null ? null : await reads.connection(held.connectionId)
    if (holder === null) continue
    // What the connection itself has let go of is in its history, too.
    if (holder.id !== revocation.formerHolder || holdsNow(ports, holder, secret)) return true
  }
  return false
}

function holdsNow(ports: JudgeNeeds, connection: Connection, token: Sealed): boolean {
  return isLive(connection) && isSameRefreshToken(ports, connection.grant.refreshToken, token)
}

async function isAccountHeld(
  ports: JudgeNeeds,
  reads: Asked,
  { revocation, related: providers }: About,
): Promise<boolean> {
  const { provider, client, accountId } = revocation
  const keys = ports.endpoint.grantKeys(provider, client)
  const account = accountId === null ? null : { id: accountId }
  return anyOf(reads, { providers, account }, (one) =>
    ports.endpoint.grantKeys(one.provider, one.client).some((key) => keys.includes(key)),
  )
}

/** Some providers issue one token to several consents, and an app may import a token again. */
async function isTokenHeld(
  ports: JudgeNeeds,
  reads: Asked,
  { revocation, related: providers }: About,
): Promise<boolean> {
  const { accountId, formerHolder } = revocation
  const refreshToken = openOrNull(revocation.refreshToken)
  const accessToken = openOrNull(revocation.accessToken)
  const tokenId = accessToken === null ? null : tokenIdOf(ports, accessToken)
  return anyOf(reads, { providers, account: { id: accountId } }, (one) => {
    if (!isLive(one)) return false
    const isSame = tokenId !== null && one.grant.token?.tokenId === tokenId
    if (isSame && one.id !== formerHolder) return true
    return refreshToken !== null && holdsNow(ports, one, refreshToken)
  })
}

const AT_ONCE = 100

async function anyOf(
  reads: Asked,
  among: Pick<Parameters<Asked['perhapsOfAccount']>[0], 'providers' | 'account'>,
  wanted: (connection: Connection) => boolean,
): Promise<boolean> {
  for (let after: Connection['id'] | null = null; ;) {
    const page: readonly Connection[] = await reads.perhapsOfAccount({
      ...among,
      after,
      limit: AT_ONCE,
    })
    if (page.some(wanted)) return true
    if (page.length < AT_ONCE) return false
    after = page.at(-1)?.id ?? null
  }
}

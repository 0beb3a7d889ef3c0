import { type Caller, reachesProvider, reachesUser } from '../core/access.ts'
import { VaultError } from '../core/errors.ts'
import type { Instant, ProviderId, UserId } from '../core/ids.ts'
import { checkParams } from '../core/params.ts'
import { isAllowedRedirect, NOT_ALLOWED } from '../core/redirect-url.ts'
import type { Ports } from '../ports.ts'
import { beginFlow } from './begin-flow.ts'
import { unknownProvider } from './create-link.ts'

/** The host app owns the callback: the verifier and the hash of `state` stay here, the URL goes out. */
export async function beginHeadless(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  demand: {
    readonly userId: UserId
    readonly provider: ProviderId
    readonly callbackUrl: string
    readonly email: string | null
    readonly state: string | null
    readonly scope: readonly string[] | null
    readonly params: Readonly<Record<string, string>>
  },
): Promise<{ readonly url: string; readonly state: string; readonly expiresAt: Instant }> {
  const { userId, email, state: appState, scope, params, callbackUrl } = demand
  if (!reachesUser(caller, userId)) throw new VaultError('not_found', 'no such user')
  const isReached = reachesProvider(caller, demand.provider)
  const provider = isReached ? ports.providers.get(demand.provider) : undefined
  if (provider === undefined) throw unknownProvider()
  const errors = [...checkParams(provider, params)]
  if (provider.connectsBy !== 'link') {
    const detail = `connects by ${provider.connectsBy}, not by a consent at the provider`
    errors.push({ in: 'body', name: 'provider', detail })
  }
  if (!isAllowedRedirect(callbackUrl, ports.policy.redirectUrls)) {
    errors.push({
      in: 'body',
      name: 'callbackUrl',
      detail: NOT_ALLOWED,
    })
  }
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the flow cannot begin', { errors })
  const request = { ...NOTHING_ASKED, userId, email, state: appState, scope, params }
  const begun = await beginFlow(ports, {
    provider,
    request,
    redirectUri: callbackUrl,
    link: null,
    browserId: null,
  })
  return { url: begun.url, state: begun.state, expiresAt: begun.flow.expiresAt }
}

const NOTHING_ASKED = {
  expectedAccount: null,
  label: null,
  displayName: null,
  metadata: null,
  connectionId: null,
  client: null,
} as const

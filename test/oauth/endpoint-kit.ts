import type { ExchangeOutcome } from '../../src/core/connect/flow.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { scopesToRequest } from '../../src/core/connection/provider.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { openEgress } from '../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../src/oauth/methods/endpoint.ts'
import { configureProviders } from '../../src/oauth/recipe/configure-providers.ts'
import type { Clock } from '../../src/ports/ports.ts'
import type { TokenEndpoint } from '../../src/ports/token-endpoint.ts'
import { systemClock } from '../../src/observe/system-clock.ts'
import { consentWithoutBrowser } from '../support/consent.ts'
import type { Observer } from '../../src/ports/observer.ts'

export const ID = 'idp' as ProviderId
export const REDIRECT_URI = 'http://localhost:7421/callback/idp'

/** A token endpoint that knows one provider, `idp`. */
export async function endpointFor(
  settings: Readonly<Record<string, unknown>>,
  options: {
    readonly secrets?: readonly string[]
    readonly clock?: Clock
    readonly deadlineMs?: number
    readonly addressesOf?: NonNullable<Parameters<typeof openEgress>[0]['addressesOf']>
    readonly observer?: Observer
  } = {},
) {
  const { secrets = ['s3cret'], clock = systemClock, deadlineMs = 5_000, addressesOf } = options
  const clientSecrets = secrets.map((secret) => new Secret(secret))
  const configured = configureProviders(
    [{ id: ID, settings: { clientId: 'client-1', ...settings }, clientSecrets }],
    'http://localhost:7421',
  )
  const egress = await openEgress({ clock, ...(addressesOf && { addressesOf }) })
  const about = { configured, egress, clock, sealer: PRINTS, deadlineMs }
  const { observer } = options
  const endpoint = createTokenEndpoint({ ...about, ...(observer && { observer }) })
  const provider = configured.providers.get(ID)
  if (provider === undefined) throw new Error('not configured')
  return { endpoint, provider }
}

export const COMMON = { provider: ID, client: null, params: {} } as const

export async function beginAt(
  { endpoint, provider }: Awaited<ReturnType<typeof endpointFor>>,
  more: Partial<Parameters<TokenEndpoint['begin']>[0]> = {},
) {
  const scope = scopesToRequest(provider, null)
  const start = await endpoint.begin({
    ...COMMON,
    redirectUri: REDIRECT_URI,
    scope,
    state: new Secret('state-1'),
    loginHint: null,
    ...more,
  })
  return { ...start, scope: more.scope ?? scope, query: new URL(start.url).searchParams }
}

type Begun = Awaited<ReturnType<typeof beginAt>>

export function redeem(
  endpoint: TokenEndpoint,
  begun: Pick<Begun, 'verifier' | 'nonce' | 'scope'>,
  callback: Readonly<Record<string, string>>,
): Promise<ExchangeOutcome> {
  return endpoint.exchange({
    ...COMMON,
    redirectUri: REDIRECT_URI,
    callback: new Map(Object.entries(callback)),
    verifier: begun.verifier,
    nonce: begun.nonce,
    requestedScope: begun.scope,
  })
}

/** The callback parameters that the provider sends with the browser. */
export async function consentTo(url: string, choice = {}): Promise<Record<string, string>> {
  return Object.fromEntries(new URL(await consentWithoutBrowser(url, choice)).searchParams)
}

export async function refreshWith(endpoint: TokenEndpoint, token: string | Secret, more = {}) {
  return endpoint.refresh({
    ...COMMON,
    providerData: {},
    requestedScope: [],
    refreshToken: typeof token === 'string' ? new Secret(token) : token,
    ...more,
  })
}

/** Tells values apart without hiding them; the vault uses a keyed hash. */
export const PRINTS = { fingerprint: (_: string, value: string | Secret) => plain(value) }

function plain(value: string | Secret): string {
  return typeof value === 'string' ? value : value.expose()
}

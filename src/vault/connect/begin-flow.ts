import type { ConnectRequest, Flow } from '../../core/connect/flow.ts'
import { isLive } from '../../core/connection/connection.ts'
import { type LinkId, newId } from '../../core/base/ids.ts'
import { type Provider, scopesToRequest } from '../../core/connection/provider.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import { digest } from '../../core/base/digest.ts'

/**
 * Long enough for a login with a second factor, short enough that a stolen `state` expires soon
 * (RFC 9700 §4.7.1).
 */
const FLOW_LIFE_MS = 10 * 60_000

/** Stores a flow and returns the provider's consent URL. Stores only a hash of `state`. */
export async function beginFlow(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint'>,
  of: {
    readonly provider: Provider
    readonly request: ConnectRequest
    readonly redirectUri: string
    readonly link: LinkId | null
    /** Null if the app receives the callback. */
    readonly browserId: string | null
  },
): Promise<{ readonly url: string; readonly state: string; readonly flow: Flow }> {
  const { provider, request, redirectUri, link, browserId } = of
  const now = ports.clock.now()
  const state = Buffer.from(ports.random.bytes(32)).toString('base64url')
  const scope = await requestedScope(ports, provider, request)
  const { url, verifier, nonce } = await ports.endpoint.begin({
    provider: provider.id,
    client: request.client,
    params: request.params,
    redirectUri,
    scope,
    state: new Secret(state),
    loginHint: request.email,
  })
  const flow: Flow = {
    id: newId('flw', now, ports.random.bytes(10)),
    stateHash: digest(state),
    provider: provider.id,
    link,
    browserHash: browserId === null ? null : digest(browserId),
    request,
    requestedScope: scope,
    redirectUri,
    verifier,
    nonce,
    createdAt: now,
    expiresAt: now + FLOW_LIFE_MS,
  }
  await ports.store.write((trx) => trx.insertFlow(flow))
  return { url, state, flow }
}

/** A reconnect requests the scopes of the stored connection, and the scopes of its link. */
export async function requestedScope(
  { store }: Pick<Ports, 'store'>,
  provider: Provider,
  { connectionId, scope }: Pick<ConnectRequest, 'scope' | 'connectionId'>,
): Promise<readonly string[]> {
  if (connectionId === null) return scopesToRequest(provider, scope)
  const connection = await store.connection(connectionId)
  const before = connection !== null && isLive(connection) ? connection.grant.requestedScope : []
  const all = [...before, ...(scope ?? [])]
  return scopesToRequest(provider, all.length > 0 ? all : null)
}

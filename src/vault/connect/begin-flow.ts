import type { ConnectRequest, Flow } from '../../core/connect/flow.ts'
import { type LinkId, newId } from '../../core/base/ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import { digest } from '../../core/base/digest.ts'
import { requestedScope } from './requested-scope.ts'

/** A login with a second factor takes minutes, a stolen `state` should not last (RFC 9700 §4.7.1). */
const FLOW_LIFE_MS = 10 * 60_000

/** One trip to the provider: PKCE verifier and nonce are sealed, of `state` only a hash is kept. */
export async function beginFlow(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint'>,
  trip: {
    readonly provider: Provider
    readonly request: ConnectRequest
    readonly redirectUri: string
    readonly link: LinkId | null
    /** Null where the host app owns the callback. */
    readonly browserId: string | null
  },
): Promise<{ readonly url: string; readonly state: string; readonly flow: Flow }> {
  const { provider, request, redirectUri } = trip
  const now = ports.clock.now()
  const state = Buffer.from(ports.random.bytes(32)).toString('base64url')
  const scope = await requestedScope(ports, provider, request)
  const start = await ports.endpoint.begin({
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
    link: trip.link,
    browserHash: trip.browserId === null ? null : digest(trip.browserId),
    request,
    requestedScope: scope,
    redirectUri,
    verifier: start.verifier,
    nonce: start.nonce,
    createdAt: now,
    expiresAt: now + FLOW_LIFE_MS,
  }
  await ports.store.write((trx) => trx.insertFlow(flow))
  return { url: start.url, state, flow }
}

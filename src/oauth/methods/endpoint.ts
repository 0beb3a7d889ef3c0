import * as oauth from 'oauth4webapi'
import type { AuthorizationStart } from '../../core/connect/flow.ts'
import { VaultError } from '../../core/base/errors.ts'
import { Secret } from '../../core/base/secret.ts'
import type { Clock, Sealer } from '../../ports/ports.ts'
import type { AuthorizationRequest, TokenEndpoint } from '../../ports/token-endpoint.ts'
import { askIssuers } from './ask-issuers.ts'
import type { Means } from '../request/means.ts'
import { prepareCall } from '../request/prepare-call.ts'
import { checkCredentials } from './check-credentials.ts'
import { clientKeys } from '../request/client-keys.ts'
import { Discovery } from '../request/discovery.ts'
import type { Egress } from '../egress/egress.ts'
import { exchange } from './exchange.ts'
import { fetchToken } from './fetch-token.ts'
import { grantKeys } from '../request/grant-domains.ts'
import { identifyImport } from './identify-import.ts'
import { ProviderFaults } from '../answer/provider-faults.ts'
import type { ConfiguredProviders } from '../recipe/configure-providers.ts'
import { refreshGrant } from './refresh.ts'
import { authorizationUrl } from '../request/authorization-url.ts'
import { canRevoke, revoke } from './revoke.ts'
import { SecretsInUse } from '../request/secrets-in-use.ts'
import type { Observer } from '../../ports/observer.ts'

export type TokenEndpointOptions = {
  readonly configured: ConfiguredProviders
  readonly egress: Egress
  readonly clock: Clock
  readonly sealer: Pick<Sealer, 'fingerprint'>
  readonly observer?: Pick<Observer, 'clientSecretSwitched' | 'issuerUnreachable'>
  readonly deadlineMs?: number
}

/** Longer than providers need, but shorter than the lease on a connection. */
const DEADLINE_MS = 25_000

/**
 * Creates the adapter that sends every provider request, through oauth4webapi and the guarded
 * egress.
 */
export function createTokenEndpoint(options: TokenEndpointOptions): TokenEndpoint {
  const { configured, egress, clock } = options
  const means: Means = {
    configured: configured.configured,
    egress,
    clock,
    discovery: new Discovery(egress, clock),
    jwks: new Map(),
    clockSkewsMs: new Map(),
    secretsInUse: new SecretsInUse(configured.configured, options.observer),
    faults: new ProviderFaults(clock, options.observer),
    deadlineMs: options.deadlineMs ?? DEADLINE_MS,
  }
  return {
    begin: (request) => begin(means, request),
    exchange: (request) => exchange(means, request),
    refresh: (request) => refreshGrant(means, request),
    identify: (request) => identifyImport(means, request),
    revoke: (revocation) => revoke(means, revocation),
    canRevoke: (request) => canRevoke(means, request),
    fetchToken: (request) => fetchToken(means, request),
    checkCredentials: (request) => checkCredentials(means, request),
    clockSkewsMs: () => means.clockSkewsMs,
    faultOf: (provider) => means.faults.of(provider),
    askIssuers: () => askIssuers(means),
    secretInUse: (provider) => means.secretsInUse.of(provider),
    ...clientKeys(means, options.sealer),
    grantKeys: (provider, client) => grantKeys(means.configured, provider, client),
  }
}

/**
 * Starts a flow. Every flow has a PKCE verifier of 256 bits (RFC 7636), even if the metadata does
 * not mention PKCE.
 */
async function begin(means: Means, request: AuthorizationRequest): Promise<AuthorizationStart> {
  const prepared = await prepareCall(means, { ...request, providerData: {} })
  if (prepared.kind === 'unavailable') throw unavailable(prepared.detail)
  if (prepared.kind === 'misconfigured') throw misconfigured(prepared.detail)
  const { call } = prepared
  const endpoint = call.endpoints.authorization
  if (endpoint === null) throw misconfigured('the provider has no authorization endpoint')
  const { recipe } = call
  const sendsNonce = call.isOpenId && recipe.nonce === 'send'
  const secrets = {
    state: request.state,
    verifier: new Secret(oauth.generateRandomCodeVerifier()),
    nonce: sendsNonce ? new Secret(oauth.generateRandomNonce()) : null,
  }
  const url = await authorizationUrl(call, endpoint, request, secrets)
  return { url, verifier: secrets.verifier, nonce: secrets.nonce }
}

function unavailable(detail: string): VaultError {
  return new VaultError('provider_unavailable', detail, {
    nextAction: 'retry',
    retryAfterSeconds: 5,
  })
}

function misconfigured(detail: string): VaultError {
  return new VaultError('provider_misconfigured', detail, { nextAction: 'fix_configuration' })
}

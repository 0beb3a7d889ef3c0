import * as oauth from 'oauth4webapi'
import { parseJson } from '../../core/base/json.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { ProviderCall } from '../request/prepare-call.ts'
import { idTokenFault } from './id-token-fault.ts'
import { checkSignature } from './id-token-keys.ts'
import { expectedIssuer } from '../request/issuer.ts'
import type { TokenSet } from './normalise.ts'
import { cleanResponse } from './received-tokens.ts'
import type { ProviderRefusal } from './refusal.ts'
import type { Means } from '../request/means.ts'
import { expectedNonce } from '../request/authorization-url.ts'

export type Claims = Readonly<Record<string, unknown>>

export type IdTokenResult =
  { readonly kind: 'ok'; readonly claims: Claims } | ProviderRefusal<'untrusted' | 'unavailable'>

/**
 * Returns the claims of an id token after verification (OpenID Connect Core §3.1.3.7): issuer,
 * audience, nonce, times, algorithm. Verifies the signature too, although TLS would suffice,
 * because the token may be passed to other parties.
 */
export async function verifyIdToken(
  means: Means,
  call: ProviderCall,
  { tokens, nonce }: { readonly tokens: TokenSet; readonly nonce: Secret | null },
): Promise<IdTokenResult> {
  const { recipe, variables, server, client, endpoints } = call
  const claimed = claimsIn(tokens.idToken)
  const issuer = expectedIssuer(recipe, variables, { known: server.issuer, claims: claimed })
  const sent = expectedNonce(nonce)
  const expected = {
    issuer: issuer ?? '',
    clientId: client.id,
    nonce: typeof sent === 'string' ? sent : null,
    algorithms: server.id_token_signing_alg_values_supported ?? [],
    nowSeconds: Math.floor(means.clock.now() / 1000),
    toleranceSeconds: TOLERANCE_SECONDS,
  }
  const refused = () =>
    untrusted(idTokenFault({ idToken: tokens.idToken, claims: claimed }, expected) ?? NOT_VALID)
  if (issuer === null) return refused()
  if (endpoints.jwks === null)
    return untrusted('the metadata of the issuer name no keys (jwks_uri)')
  try {
    const response = cleanResponse(tokens, { withIdToken: true })
    const as = { ...server, issuer }
    const checked = { client_id: client.id, [oauth.clockTolerance]: TOLERANCE_SECONDS }
    await oauth.processAuthorizationCodeResponse(as, checked, response, {
      expectedNonce: sent,
      requireIdToken: true,
    })
    if (!isForClient(claimed, client.id)) return refused()
    const unsigned = await checkSignature(means, call, { as, response })
    // These are the claims that oauth4webapi verified, but with the exact digits of numbers.
    return unsigned ?? { kind: 'ok', claims: claimed }
  } catch {
    return refused()
  }
}

/** Tolerates a clock difference between provider and Larder. */
const TOLERANCE_SECONDS = 120
const NOT_VALID = 'the id token is not valid'

function untrusted(detail: string): IdTokenResult {
  return { kind: 'untrusted', detail }
}

/** Whether the audience contains the client and `azp`, if present, is the client (§3.1.3.7). */
export function isForClient({ aud, azp }: Claims, clientId: string): boolean {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return audiences.includes(clientId) && (azp === undefined || azp === clientId)
}

/** Returns the claims of the token without verification. */
export function claimsIn(idToken: string | null): Claims {
  try {
    const payload = Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString()
    const claims = parseJson(payload)
    return isRecord(claims) ? claims : {}
  } catch {
    return {}
  }
}

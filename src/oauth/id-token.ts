import * as oauth from 'oauth4webapi'
import { parseJson } from '../core/json.ts'
import { isRecord } from '../core/json-path.ts'
import type { Secret } from '../core/secret.ts'
import type { Call, Means } from './call.ts'
import { expectedIssuer } from './issuer.ts'
import type { TokenSet } from './normalise.ts'
import { cleanResponse } from './received-tokens.ts'
import type { Refusal } from './refusal.ts'
import { expectedNonce } from './requests.ts'

export type Claims = Readonly<Record<string, unknown>>

export type IdTokenResult =
  { readonly kind: 'ok'; readonly claims: Claims } | Refusal<'untrusted' | 'unavailable'>

/**
 * The claims of an id token after OpenID Connect Core §3.1.3.7: issuer, audience, nonce, times and an
 * allowed algorithm, and the signature although TLS would do: the token may be shown to others.
 */
export async function verifyIdToken(
  means: Means,
  call: Call,
  { tokens, nonce }: { readonly tokens: TokenSet; readonly nonce: Secret | null },
): Promise<IdTokenResult> {
  const { recipe, variables, server, client, endpoints } = call
  const claimed = claimsIn(tokens.idToken)
  const issuer = expectedIssuer(recipe, variables, { known: server.issuer, claims: claimed })
  if (issuer === null) return untrusted('the id token comes from another issuer')
  if (endpoints.jwks === null) return untrusted('the issuer has no keys')
  const as = { ...server, issuer }
  const fetched = { failed: false }
  try {
    const response = cleanResponse(tokens, { withIdToken: true })
    await oauth.processAuthorizationCodeResponse(as, { client_id: client.id }, response, {
      expectedNonce: expectedNonce(nonce),
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(as, response, {
      [oauth.allowInsecureRequests]: true,
      [oauth.jwksCache]: keysOf(means, endpoints.jwks.url.href),
      [oauth.customFetch]: () => fetchKeys(means, call, fetched),
    })
    if (!isForClient(claimed, client.id)) return untrusted('the id token is for another client')
    // Those that the library has verified, but with the digits of every number.
    return { kind: 'ok', claims: claimed }
  } catch (error) {
    if (fetched.failed) {
      return { kind: 'unavailable', detail: 'the keys of the issuer cannot be fetched' }
    }
    return untrusted(reasonOf(error))
  }
}

function untrusted(detail: string): IdTokenResult {
  return { kind: 'untrusted', detail }
}

/** The client is an audience and, if a party is named, the authorized one (§3.1.3.7). */
export function isForClient({ aud, azp }: Claims, clientId: string): boolean {
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return audiences.includes(clientId) && (azp === undefined || azp === clientId)
}

/** The claims as they stand in the token, not verified. */
export function claimsIn(idToken: string | null): Claims {
  try {
    const payload = Buffer.from(idToken?.split('.')[1] ?? '', 'base64url').toString()
    const claims = parseJson(payload)
    return isRecord(claims) ? claims : {}
  } catch {
    return {}
  }
}

/** An address can depend on a connection's parameters; the number of those kept is bounded. */
const MOST_KEYS = 200

function keysOf(means: Means, url: string): oauth.JWKSCacheInput {
  const kept = means.jwks.get(url) ?? {}
  if (means.jwks.size >= MOST_KEYS) means.jwks.clear()
  means.jwks.set(url, kept)
  return kept
}

async function fetchKeys(
  means: Means,
  call: Call,
  fetched: { failed: boolean },
): Promise<Response> {
  const target = call.endpoints.jwks
  const result =
    target === null
      ? null
      : await means.egress.send({
          ...target,
          method: 'GET',
          headers: { accept: 'application/json', 'accept-encoding': 'identity' },
          body: null,
          deadlineMs: call.remainingMs(),
        })
  if (result?.kind !== 'answered' || !result.complete || result.status !== 200) {
    fetched.failed = true
    return new Response(null, { status: 503 })
  }
  const headers = { 'content-type': 'application/json' }
  return new Response(Buffer.from(result.body), { status: 200, headers })
}

/** The library's messages are constant, but its causes hold the token: only the code is looked at. */
function reasonOf(error: unknown): string {
  const code = isRecord(error) || error instanceof Error ? (error as { code?: unknown }).code : null
  switch (code) {
    case oauth.JWT_CLAIM_COMPARISON:
      return 'a claim of the id token is not as expected'
    case oauth.JWT_TIMESTAMP_CHECK:
      return 'the id token is out of its time'
    case oauth.KEY_SELECTION:
      return 'no key of the issuer fits the id token'
    default:
      return 'the id token is missing or not valid'
  }
}

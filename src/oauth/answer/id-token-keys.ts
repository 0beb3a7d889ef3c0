import * as oauth from 'oauth4webapi'
import type { ProviderCall } from '../request/prepare-call.ts'
import { notFetched } from '../egress/not-fetched.ts'
import type { ProviderRefusal } from './refusal.ts'
import type { KeptKeys, Means } from '../request/means.ts'

/** Limits the cache, because the URL can depend on parameters of a connection. */
const MOST_KEYS = 200
const ASK_AGAIN_MS = 5_000

type Signed = { readonly as: oauth.AuthorizationServer; readonly response: Response }

/**
 * Returns null if the signature matches a key of the issuer. If no cached key matches, fetches the
 * keys again, at a limited rate, because the issuer may have changed its keys.
 */
export async function checkSignature(
  means: Means,
  call: ProviderCall,
  signed: Signed,
): Promise<ProviderRefusal<'untrusted' | 'unavailable'> | null> {
  const url = call.endpoints.jwks?.url.href ?? ''
  const kept = keysOf(means, url)
  const before = kept.input
  const first = await tryKeys(means, call, { ...signed, kept })
  if (first === null || first.kind === 'unavailable' || first.isFresh) return refusalOf(first)
  if (kept.input === before) {
    const now = means.clock.monotonic()
    const isTooSoon = kept.askedAgainAt !== null && now - kept.askedAgainAt < ASK_AGAIN_MS
    if (isTooSoon) return refusalOf(first)
    kept.askedAgainAt = now
    kept.input = {}
  }
  return refusalOf(await tryKeys(means, call, { ...signed, kept }))
}

function keysOf(means: Means, url: string): KeptKeys {
  const kept = means.jwks.get(url) ?? { input: {}, askedAgainAt: null }
  if (means.jwks.size >= MOST_KEYS) means.jwks.clear()
  means.jwks.set(url, kept)
  return kept
}

type Tried =
  { readonly kind: 'untrusted'; readonly isFresh: boolean } | ProviderRefusal<'unavailable'> | null

async function tryKeys(
  means: Means,
  call: ProviderCall,
  { as, response, kept }: Signed & { readonly kept: KeptKeys },
): Promise<Tried> {
  const fetched: { isFresh: boolean; failure: string | null } = { isFresh: false, failure: null }
  try {
    // Pass a copy, because oauth4webapi also caches keys under the identity of this object.
    await oauth.validateApplicationLevelSignature({ ...as }, response, {
      [oauth.allowInsecureRequests]: true,
      [oauth.jwksCache]: kept.input,
      [oauth.customFetch]: async () => {
        fetched.isFresh = true
        const answer = await fetchKeys(means, call)
        if (typeof answer !== 'string') return answer
        fetched.failure = answer
        return new Response(null, { status: 503 })
      },
    })
    return null
  } catch {
    const { failure: detail, isFresh } = fetched
    return detail === null ? { kind: 'untrusted', isFresh } : { kind: 'unavailable', detail }
  }
}

function refusalOf(tried: Tried): ProviderRefusal<'untrusted' | 'unavailable'> | null {
  if (tried === null || tried.kind === 'unavailable') return tried
  return { kind: 'untrusted', detail: 'no key of the issuer has signed the id token' }
}

/** Returns the keys, or the reason why they could not be fetched. */
async function fetchKeys(means: Means, call: ProviderCall): Promise<Response | string> {
  const target = call.endpoints.jwks
  if (target === null) return 'the issuer has no keys'
  const result = await means.egress.send({
    ...target,
    method: 'GET',
    headers: { accept: 'application/json', 'accept-encoding': 'identity' },
    body: null,
    deadlineMs: call.remainingMs(),
  })
  if (result.kind !== 'answered' || !result.complete || result.status !== 200) {
    return notFetched('the keys of the issuer', result)
  }
  const headers = { 'content-type': 'application/json' }
  return new Response(Buffer.from(result.body), { status: 200, headers })
}

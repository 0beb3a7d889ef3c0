import * as oauth from 'oauth4webapi'
import { completed } from '../../core/connection/account.ts'
import type { Account } from '../../core/connection/connection.ts'
import type { ExchangeOutcome } from '../../core/connect/flow.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import { Secret } from '../../core/base/secret.ts'
import type { ExchangeRequest, IdentifyOutcome } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareCall } from '../request/prepare-call.ts'
import { verifyCallback } from '../answer/callback-values.ts'
import { accountInCallback, checkCallback, keptFromCallback } from '../answer/callback.ts'
import { type Claims, type IdTokenResult, verifyIdToken } from '../answer/id-token.ts'
import { accountIn, identify } from './identify.ts'
import type { TokenSet } from '../answer/normalise.ts'
import type { Reading } from '../answer/read-answer.ts'
import { cleanResponse, NO_SOURCES, receivedTokens } from '../answer/received-tokens.ts'
import type { ProviderRefusal } from '../answer/refusal.ts'
import { keptSubject } from '../answer/subject.ts'
import { requestTokens } from '../request/token-request.ts'
import type { Means } from '../request/means.ts'

type Failed = Exclude<ExchangeOutcome, { kind: 'ok' }>

/** Checks the callback, exchanges the code, verifies the id token and identifies the account. */
export async function exchange(means: Means, request: ExchangeRequest): Promise<ExchangeOutcome> {
  const recipe = means.configured.get(request.provider)?.recipe
  const providerData = keptFromCallback(recipe, request)
  if (providerData === null) return untrusted('a parameter of the callback is not to be trusted')
  const prepared = await prepareCall(means, { ...request, providerData })
  if (prepared.kind === 'misconfigured') return { kind: 'client_config', detail: prepared.detail }
  if (prepared.kind === 'unavailable') return unavailable(prepared.detail)
  const { call } = prepared
  if (call.endpoints.token === null) {
    return { kind: 'client_config', detail: 'the provider has no token endpoint' }
  }
  const checked = checkCallback(call, request.callback)
  if (checked.kind !== 'ok') return checked
  const { redirectUri, verifier } = request
  const { parameters } = checked
  const reading = await requestTokens(means, call, {
    kind: 'code',
    parameters,
    redirectUri,
    verifier,
  })
  return refusalOf(reading, request) ?? settle(means, call, { request, reading })
}

function untrusted(detail: string): Failed {
  return { kind: 'untrusted', detail }
}

function unavailable(detail: string, tokens: ReceivedTokens | null = null): Failed {
  return { kind: 'unavailable', detail, tokens }
}

/** Every answer to a code is final, because a code can be redeemed only once. */
function refusalOf(
  { verdict, body, isForOperator }: Reading,
  { requestedScope }: ExchangeRequest,
): Failed | null {
  switch (verdict.kind) {
    case 'ok':
      return null
    case 'client_config':
      return { kind: 'client_config', detail: verdict.detail }
    case 'grant_dead':
      return { kind: 'code_rejected', detail: verdict.detail }
    case 'provider_failed':
    case 'unknown_refusal':
      if (verdict.detail === 'invalid_scope') {
        const detail = `the provider refuses the scopes that were sent: ${requestedScope.join(' ')}`
        return { kind: 'client_config', detail }
      }
      return verdict.kind === 'unknown_refusal' && isRecord(body)
        ? { kind: 'code_rejected', detail: verdict.detail }
        : unavailable(verdict.detail)
    case 'not_sent':
      return isForOperator
        ? { kind: 'client_config', detail: verdict.detail }
        : unavailable(verdict.detail)
    case 'answer_lost':
    case 'answer_unreadable':
    case 'throttled':
      return unavailable(verdict.detail)
    default:
      return verdict satisfies never
  }
}

type Redeemed = { readonly request: ExchangeRequest; readonly reading: Reading }

async function settle(
  means: Means,
  call: ProviderCall,
  redeemed: Redeemed,
): Promise<ExchangeOutcome> {
  const { request, reading } = redeemed
  const first = withoutNoEnd(reading.tokens)
  const take = (tokens: TokenSet | null, idToken: Claims) =>
    tokens === null
      ? null
      : receivedTokens(call, tokens, {
          requestedScope: request.requestedScope,
          sources: { ...NO_SOURCES, tokens: reading.body, callback: request.callback, idToken },
        })
  const raw = take(first, {})
  if (first === null || raw === null) return untrusted('the answer holds no token')
  const proven = await prove(means, call, { tokens: first, nonce: request.nonce })
  if (proven.kind === 'untrusted') return untrusted(proven.detail)
  if (proven.kind === 'unavailable') return unavailable(proven.detail, raw)

  const lasting = await makeLast(means, call, { tokens: first, request })
  if (lasting === null) return unavailable('the access token could not be made to last', raw)
  const kept = withoutRefusedOffline(call, take(lasting, proven.claims) ?? raw)
  const subject = keptSubject(proven.claims)
  const named = { ...kept, providerData: { ...kept.providerData, ...subject } }
  const verified = await verifyCallback(means, { ...request, until: call.until }, named)
  if (verified.kind === 'untrusted') return untrusted(verified.detail)
  if (verified.kind === 'unavailable') return unavailable(verified.detail, named)
  const tokens = { ...named, providerData: verified.providerData }
  const known = { claims: proven.claims, body: reading.body }
  const found = await accountOf(means, call, { ...known, tokens, request })
  if (found.kind === 'untrusted') return untrusted(found.detail)
  if (found.kind === 'unavailable') return unavailable(found.detail, tokens)
  const providerData = { ...tokens.providerData, ...found.providerData }
  const account = completed(found.account, accountInCallback(call.recipe, request.callback))
  return { kind: 'ok', tokens: { ...tokens, providerData }, account, sentAt: reading.sentAt }
}

/**
 * Treats a lifetime of 0 as no expiry if there is no refresh token: the provider means that the
 * token does not expire.
 */
function withoutNoEnd(tokens: TokenSet | null): TokenSet | null {
  if (tokens === null || tokens.refreshToken !== null || tokens.expiresInSeconds !== 0)
    return tokens
  return { ...tokens, expiresInSeconds: null }
}

/**
 * Verifies the id token of an OpenID provider. For other providers, the scope `openid` has no
 * special meaning.
 */
async function prove(
  means: Means,
  call: ProviderCall,
  received: { readonly tokens: TokenSet; readonly nonce: Secret | null },
): Promise<IdTokenResult> {
  if (call.isOpenId) return verifyIdToken(means, call, received)
  try {
    const client = { client_id: call.client.id }
    const response = cleanResponse(received.tokens)
    await oauth.processAuthorizationCodeResponse(call.server, client, response)
    return { kind: 'ok', claims: {} }
  } catch {
    return { kind: 'untrusted', detail: 'the answer is not a token answer' }
  }
}

/** Exchanges the first token for a long-lived one, if the provider requires this second step. */
async function makeLast(
  means: Means,
  call: ProviderCall,
  { tokens, request }: { readonly tokens: TokenSet; readonly request: ExchangeRequest },
): Promise<TokenSet | null> {
  if (call.recipe.secondExchange === undefined || tokens.accessToken === null) return tokens
  const { verdict, tokens: lasting } = await requestTokens(means, call, {
    kind: 'second',
    token: new Secret(tokens.accessToken),
    requestedScope: request.requestedScope,
  })
  if (verdict.kind !== 'ok' || lasting === null) return null
  return withoutNoEnd({ ...lasting, scope: lasting.scope ?? tokens.scope })
}

/**
 * Removes the offline scope if no refresh token was received. Keeps the scope otherwise, because
 * some answers never list it.
 */
function withoutRefusedOffline({ recipe }: ProviderCall, tokens: ReceivedTokens): ReceivedTokens {
  if (tokens.refreshToken !== null || tokens.scope === null) return tokens
  return { ...tokens, scope: tokens.scope.filter((scope) => scope !== recipe.offline?.scope) }
}

type Known = {
  readonly claims: Claims
  readonly body: unknown
  readonly tokens: ReceivedTokens
  readonly request: ExchangeRequest
}

/**
 * Whether to request userinfo for a missing name. Only the issuer's userinfo may add a name,
 * because the subject of this userinfo is compared with that of the id token.
 */
function mayBeNamed({ isOpenId, recipe }: ProviderCall, told: Account): boolean {
  return told.name === null && isOpenId && recipe.probe.url === undefined
}

const OTHER_ACCOUNT = {
  kind: 'untrusted',
  detail: 'userinfo names another account than the id token',
} as const

type Identified = Extract<IdentifyOutcome, { kind: 'ok' }>

async function accountOf(
  means: Means,
  call: ProviderCall,
  { claims, body, tokens, request }: Known,
): Promise<Identified | ProviderRefusal<'untrusted' | 'unavailable'>> {
  const { accountFromIdToken, accountFromTokens } = call.recipe
  const told = completed(accountIn(claims, accountFromIdToken), accountIn(body, accountFromTokens))
  const isKnown = told.id !== null && told.email !== null
  if (isKnown && !mayBeNamed(call, told)) return { kind: 'ok', account: told }
  const { accessToken, providerData } = tokens
  const about = { ...request, accessToken, providerData, until: call.until }
  const asked = await identify(means, about)
  if (asked.kind === 'foreign') return OTHER_ACCOUNT
  if (asked.kind === 'ok') {
    const { id } = asked.account
    // If only the name was missing, the two ids may come from different claims. The subjects of
    // both answers were already compared.
    if (!isKnown && told.id !== null && id !== null && told.id !== id) return OTHER_ACCOUNT
    return { ...asked, account: completed(told, asked.account) }
  }
  if (asked.kind === 'unavailable' && told.id === null) return asked
  return { kind: 'ok', account: told }
}

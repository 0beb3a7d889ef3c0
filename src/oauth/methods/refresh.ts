import * as oauth from 'oauth4webapi'
import type { ReceivedTokens, RefreshOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { RefreshRequest } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareAttempt } from '../request/prepare-call.ts'
import { isOfAddress, type OwnAddress } from '../request/address-of-connection.ts'
import type { TokenSet } from '../answer/normalise.ts'
import type { Reading } from '../answer/read-answer.ts'
import { cleanResponse, NO_SOURCES, receivedTokens } from '../answer/received-tokens.ts'
import { checkRefreshed } from '../answer/subject.ts'
import { requestTokens } from '../request/token-request.ts'
import type { Means } from '../request/means.ts'

/** Sends one refresh request (RFC 6749 §6). Failures are outcomes, not exceptions. */
export async function refreshGrant(means: Means, request: RefreshRequest): Promise<RefreshOutcome> {
  const prepared = await prepareAttempt(means, request)
  if (prepared.kind !== 'ok') return prepared
  const { call, own } = prepared
  if (call.endpoints.refresh === null && call.endpoints.token === null) {
    return { kind: 'client_config', detail: 'the provider has no token endpoint' }
  }
  const { refreshToken, requestedScope } = request
  const reading = await requestTokens(means, call, {
    kind: 'refresh',
    token: refreshToken,
    requestedScope,
  })
  const outcome = await tokenOutcome(call, reading, { requestedScope, own })
  if (outcome.kind !== 'ok') return outcome
  return asOfSameUser(call, outcome.tokens, reading.tokens?.idToken ?? null)
}

/**
 * Never returns tokens of another user as valid. Salvages the refresh token of such an answer,
 * because possibly only the id token is wrong.
 */
function asOfSameUser(
  call: ProviderCall,
  tokens: ReceivedTokens,
  idToken: string | null,
): RefreshOutcome {
  const { isSame, providerData } = checkRefreshed(call, idToken)
  if (isSame) {
    return {
      kind: 'ok',
      tokens: { ...tokens, providerData: { ...tokens.providerData, ...providerData } },
    }
  }
  const detail = 'the id token of the answer is not for this user, issuer and client'
  return {
    kind: 'unknown_refusal',
    detail,
    evidence: 'none',
    providerData,
    ...(tokens.refreshToken && { salvaged: tokens.refreshToken }),
  }
}

/** Converts the answer of a token request to an outcome. */
export async function tokenOutcome(
  call: ProviderCall,
  reading: Reading,
  { requestedScope, own }: { readonly requestedScope: readonly string[]; readonly own: OwnAddress },
): Promise<RefreshOutcome> {
  const { verdict, tokens, body } = reading
  if (verdict.kind === 'unknown_refusal') return { ...verdict, ...own }
  if (verdict.kind === 'client_config' && isOfAddress(reading)) return { ...verdict, ...own }
  if (verdict.kind !== 'ok') return verdict
  const sources = { ...NO_SOURCES, tokens: body }
  const received =
    tokens !== null && (await isConform(call, tokens))
      ? receivedTokens(call, tokens, { requestedScope, sources, isRenewal: true })
      : null
  if (received !== null) return { kind: 'ok', tokens: received }
  return { kind: 'answer_unreadable', detail: 'the answer holds no token' }
}

/** Whether oauth4webapi accepts these tokens. The caller checks the id token separately. */
async function isConform(call: ProviderCall, tokens: TokenSet): Promise<boolean> {
  try {
    const client = { client_id: call.client.id }
    await oauth.processRefreshTokenResponse(call.server, client, cleanResponse(tokens))
    return true
  } catch {
    return false
  }
}

import type { RefreshOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { TokenEndpoint } from '../../ports/token-endpoint.ts'
import { prepareAttempt } from '../request/prepare-call.ts'
import { tokenOutcome } from './refresh.ts'
import { requestTokens } from '../request/token-request.ts'
import type { Means } from '../request/means.ts'

/**
 * Requests the client's own token (RFC 6749 §4.4) with the grant type of the preset. Drops a
 * refresh token, because the client can always request a new access token (§4.4.3).
 */
export async function fetchToken(
  means: Means,
  request: Parameters<TokenEndpoint['fetchToken']>[0],
): Promise<RefreshOutcome> {
  const prepared = await prepareAttempt(means, request)
  if (prepared.kind !== 'ok') return prepared
  const { call, own } = prepared
  if (call.endpoints.token === null) {
    return { kind: 'client_config', detail: 'the provider has no token endpoint' }
  }
  const { requestedScope } = request
  const reading = await requestTokens(means, call, { kind: 'machine', requestedScope })
  const outcome = await tokenOutcome(call, reading, { requestedScope, own })
  if (outcome.kind === 'ok')
    return { ...outcome, tokens: { ...outcome.tokens, refreshToken: null } }
  if (!('salvaged' in outcome)) return outcome
  const { salvaged: _, ...rest } = outcome
  return rest
}

import { matchesRule } from '../../core/refresh/classify-answer.ts'
import { isRecord } from '../../core/base/json-path.ts'
import type { RevocationOutcome, RevocationRequest } from '../../core/connection/revocation.ts'
import { httpDate, retryAfterMs } from '../../core/base/retry-after.ts'
import type { Sealed } from '../../core/base/secret.ts'
import type { TokenEndpoint } from '../../ports/token-endpoint.ts'
import { type ProviderCall, prepareCall } from '../request/prepare-call.ts'
import type { RequestTarget } from '../request/endpoint-addresses.ts'
import { readBody } from '../answer/json-body.ts'
import type { RevocationShape } from '../recipe/preset-fields.ts'
import { LOST, NOT_SENT, one } from '../answer/read-answer.ts'
import { sendSideRequest } from '../request/send-request.ts'
import type { SentRequest } from '../egress/sent-request.ts'
import type { Means } from '../request/means.ts'

function failed(detail: string, retryAfter: number | null = null): RevocationOutcome {
  return { kind: 'failed', detail, retryAfterMs: retryAfter }
}

const REVOKED: RevocationOutcome = { kind: 'revoked' }
const UNSUPPORTED: RevocationOutcome = { kind: 'unsupported' }

const RFC_7009 = { method: 'POST', auth: 'client', tokenParam: 'token' } as const

/** Revokes the tokens of the grant that the preset lists, by RFC 7009 or as the preset defines. */
export async function revoke(
  means: Means,
  revocation: RevocationRequest,
): Promise<RevocationOutcome> {
  const prepared = await prepareCall(means, revocation)
  if (prepared.kind !== 'ok') return failed(prepared.detail)
  const { call } = prepared
  const shape = call.recipe.revocation
  const target = call.endpoints.revocation
  if (shape === null || target === null) return UNSUPPORTED
  let outcome: RevocationOutcome = UNSUPPORTED
  for (const token of tokensOf(revocation, shape)) {
    outcome = await revokeOne(means, call, { shape, target, token })
    if (outcome.kind === 'failed') return outcome
  }
  return outcome
}

const ASK_WITHIN_MS = 2_000

/**
 * Returns whether the provider can revoke. Returns true if this depends on metadata that cannot be
 * fetched now.
 */
export async function canRevoke(
  means: Means,
  request: Parameters<TokenEndpoint['canRevoke']>[0],
): Promise<boolean> {
  if (means.configured.get(request.provider)?.recipe.revocation === null) return false
  const until = means.clock.monotonic() + ASK_WITHIN_MS
  const prepared = await prepareCall(means, { ...request, until })
  return prepared.kind !== 'ok' || prepared.call.endpoints.revocation !== null
}

type Token = { readonly sealed: Sealed; readonly hint: 'refresh_token' | 'access_token' }

/**
 * Returns the refresh token first, because its revocation also revokes the access tokens (RFC 7009
 * §2.1).
 */
function tokensOf(revocation: RevocationRequest, { tokens }: RevocationShape): readonly Token[] {
  const { refreshToken, accessToken } = revocation
  const refresh: readonly Token[] =
    refreshToken === null ? [] : [{ sealed: refreshToken, hint: 'refresh_token' }]
  const access: readonly Token[] =
    accessToken === null ? [] : [{ sealed: accessToken, hint: 'access_token' }]
  switch (tokens) {
    case 'both':
      return [...refresh, ...access]
    case 'any':
      return [...refresh, ...access].slice(0, 1)
    case 'refresh':
      return refresh
    case 'access':
      return access
    default:
      return tokens satisfies never
  }
}

type Doomed = {
  readonly shape: RevocationShape
  readonly target: RequestTarget
  readonly token: Token
}

async function revokeOne(
  means: Means,
  call: ProviderCall,
  { shape, target, token }: Doomed,
): Promise<RevocationOutcome> {
  let outcome = failed('the client has no secret to revoke with')
  for (const secret of call.client.secrets) {
    const sent = await sendSideRequest(means, call, {
      shape,
      defaults: RFC_7009,
      target,
      token: token.sealed.open(),
      secret,
      hint: shape.sendsHint ? token.hint : null,
    })
    const read = readRevocation(sent, shape)
    outcome = read.outcome
    if (!read.blamesSecret) break
  }
  return outcome
}

/** Errors that mean that the token is already revoked. */
const GONE = ['invalid_token', 'invalid_grant', 'token_expired', 'token_revoked']

type Sorted = { readonly outcome: RevocationOutcome; readonly blamesSecret: boolean }

function sorted(outcome: RevocationOutcome): Sorted {
  return { outcome, blamesSecret: false }
}

function readRevocation({ result }: SentRequest, shape: RevocationShape): Sorted {
  if (result.kind === 'not_sent') return sorted(failed(NOT_SENT[result.reason]))
  if (result.kind === 'lost') return sorted(failed(LOST[result.reason]))
  const { status, headers, sentAt } = result
  const body = readBody(result.body, one(headers['content-type']) ?? '', null).value
  const error = isRecord(body) ? body['error'] : null
  if (shape.goneStatuses.includes(status)) return sorted(REVOKED)
  if (status >= 200 && status < 300) {
    const { success } = shape
    if (success === undefined || matchesRule(success, { status, body })) return sorted(REVOKED)
  }
  if (typeof error === 'string' && status < 500) {
    if (GONE.includes(error)) return sorted(REVOKED)
    if (error === 'unsupported_token_type') return sorted(UNSUPPORTED)
    if (error === 'invalid_client') {
      return { outcome: failed('the provider refuses the client'), blamesSecret: true }
    }
  }
  if (status === 405 || status === 501) return sorted(UNSUPPORTED)
  const now = httpDate(one(headers['date'])) ?? sentAt
  const wait = retryAfterMs(one(headers['retry-after']), now)
  const outcome = failed('the provider did not take the revocation', wait)
  return { outcome, blamesSecret: status === 401 }
}

import { classifyAnswer, type Verdict } from '../../core/refresh/classify-answer.ts'
import type { Instant } from '../../core/base/ids.ts'
import { isRecord } from '../../core/base/json-path.ts'
import { httpDate, retryAfterMs } from '../../core/base/retry-after.ts'
import { Secret } from '../../core/base/secret.ts'
import type { EgressResult, NotSentReason } from '../egress/egress.ts'
import { readBody } from './json-body.ts'
import { normalise, salvageRefreshToken, type TokenSet } from './normalise.ts'
import type { Recipe } from '../recipe/preset-schema.ts'
import type { SentRequest } from '../egress/sent-request.ts'

/**
 * The result of a token request. The detail of `verdict` quotes at most an error code of the
 * provider.
 */
export type Reading = {
  readonly verdict: Verdict | { readonly kind: 'not_sent'; readonly detail: string }
  /** Whether nothing was sent and the operator must change something before a retry can succeed. */
  readonly isForOperator: boolean
  readonly sentAt: Instant
  readonly status: number | null
  /** The time in the `Date` header of the provider. */
  readonly providerNow: Instant | null
  readonly body: unknown
  readonly tokens: TokenSet | null
}

/** Messages that say why nothing was sent, and which setting may help. */
export const NOT_SENT: Readonly<Record<NotSentReason, string>> = {
  blocked:
    'the address is private: if it is meant, set allowPrivateNetwork: true for this provider ' +
    '(link-local addresses are never reached)',
  dns: 'the name of the host cannot be resolved',
  refused: 'the host refuses connections',
  authority:
    'the certificate is signed by an authority that is not known here: ' +
    'set NODE_EXTRA_CA_CERTS to the file of that authority',
  certificate_time: 'the certificate has expired, or is not valid yet by the clock of this machine',
  hostname: 'the certificate is for another host name',
  no_tls: 'the host does not speak TLS on this port',
  tls: 'no TLS connection: TLS 1.2 or later, with a common cipher, is needed',
  connect_timeout: 'no connection to the host in time',
  unreachable: 'the host cannot be reached',
  deadline: 'no connection to the host in time',
}

/** Reasons for which a retry fails until the operator changes something. */
const FOR_OPERATOR: readonly NotSentReason[] = ['blocked', 'authority', 'hostname', 'no_tls']

export function needsOperator(result: EgressResult): boolean {
  return result.kind === 'not_sent' && FOR_OPERATOR.includes(result.reason)
}

export const LOST = {
  reset: 'the connection broke before an answer',
  deadline: 'no answer in time',
  too_large: 'the answer is too large',
  malformed: 'the answer is not HTTP',
}

export function readAnswer(sent: SentRequest, recipe: Recipe): Reading {
  const { result } = sent
  const { sentAt } = result
  const isForOperator = needsOperator(result)
  const silent = { status: null, providerNow: null, body: null, isForOperator }
  const nothing = { ...silent, sentAt, tokens: null }
  if (result.kind === 'not_sent') {
    return { ...nothing, verdict: { kind: 'not_sent', detail: NOT_SENT[result.reason] } }
  }
  if (result.kind === 'lost') {
    const { reason, began, received } = result
    const { text } = readBody(received, '', 'json')
    const salvaged = salvage(sent, text, undefined, shapeOf(recipe))
    const verdict = { kind: 'answer_lost', detail: LOST[reason], began, ...salvaged } as const
    return { ...nothing, verdict }
  }
  return readAnswered(result, sent, recipe)
}

type Answered = Extract<EgressResult, { kind: 'answered' }>

function readAnswered(result: Answered, sent: SentRequest, recipe: Recipe): Reading {
  const { sentAt, status, headers, complete } = result
  const shape = shapeOf(recipe)
  const contentType = one(headers['content-type']) ?? ''
  const read = readBody(result.body, contentType, shape.format, { complete })
  const providerNow = httpDate(one(headers['date']))
  const latest = normalise(read.latest, shape, { sentAt, providerNow })
  // If members of the answer contradict each other, Larder uses its tokens but ignores its errors,
  // so that such an answer does not end a grant.
  const brings = status >= 200 && status < 300 && latest.accessToken !== null
  const value = brings ? read.latest : read.value
  const tokens = brings ? latest : normalise(value, shape, { sentAt, providerNow })
  const verdict = classifyAnswer(
    {
      status,
      complete,
      body: isRecord(value) ? value : null,
      hasToken: tokens.accessToken !== null,
      retryAfterMs: retryAfterMs(one(headers['retry-after']), providerNow ?? sentAt),
    },
    recipe.errors,
  )
  const mayHoldRotation = UNUSABLE.includes(verdict.kind) && status >= 200 && status < 300
  const salvaged = mayHoldRotation ? salvage(sent, read.text, value, shape) : {}
  const seen = { isForOperator: false, sentAt, status, providerNow, body: value, tokens }
  return { ...seen, verdict: { ...unquoted(verdict, sent), ...salvaged } }
}

const UNUSABLE: readonly string[] = ['answer_lost', 'answer_unreadable', 'unknown_refusal']

type Shape = Parameters<typeof normalise>[1]

function shapeOf({ answer, scopeSeparator }: Recipe): Shape {
  return { ...answer, scopeSeparator: answer.scopeSeparator ?? scopeSeparator }
}

/**
 * Finds a new refresh token in a broken answer. The provider may echo the request, so a token that
 * was sent is ignored.
 */
function salvage(
  sent: SentRequest,
  text: string,
  value: unknown,
  shape: Shape,
): { readonly salvaged?: Secret } {
  const found = salvageRefreshToken(text, value, shape)
  return found === null || sent.held(found) ? {} : { salvaged: new Secret(found) }
}

/** Replaces the detail if the provider sent a part of the request instead of an error code. */
function unquoted(verdict: Verdict, { held, isEchoedIn }: SentRequest): Verdict {
  if (verdict.kind === 'ok' || !(held(verdict.detail) || isEchoedIn(verdict.detail))) return verdict
  return { ...verdict, detail: 'the provider answered with an error of its own' }
}

export function one(header: string | readonly string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null
}

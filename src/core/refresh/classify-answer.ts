import { plainNumber } from '../base/json.ts'
import { isRecord, type JsonPath, valuesAt } from '../base/json-path.ts'
import type { RefreshOutcome } from './refresh-outcome.ts'

/** The parts of an answer that decide the outcome. */
export type TokenAnswer = {
  readonly status: number
  /** Null if the body is truncated, unreadable or not an object. */
  readonly body: Readonly<Record<string, unknown>> | null
  /** Whether the last byte arrived. */
  readonly complete: boolean
  /** Whether the body holds a non-empty access token at the path of this provider. */
  readonly hasToken: boolean
  readonly retryAfterMs: number | null
}

/** Matches an answer if every given condition holds. */
export type AnswerRule = {
  readonly statuses?: readonly number[] | undefined
  /** The accepted values at each path. An empty list accepts any value but null. */
  readonly where?: Readonly<Record<JsonPath, readonly (string | number | boolean)[]>> | undefined
}

/** Rules for a provider's own errors, in addition to RFC 6749 §5.2. */
export type AnswerRules = {
  readonly dead: readonly AnswerRule[]
  readonly config: readonly AnswerRule[]
  readonly temporary: readonly AnswerRule[]
  readonly throttled: readonly AnswerRule[]
}

/** A refresh outcome without the tokens. The caller adds them. */
export type Verdict = { readonly kind: 'ok' } | Exclude<RefreshOutcome, { kind: 'ok' | 'not_sent' }>

/** Classifies an answer. Only `invalid_grant` and the `dead` rules may end a grant. */
export function classifyAnswer(received: TokenAnswer, rules: AnswerRules): Verdict {
  // Ignore a truncated body, because the missing part may change its meaning.
  const answer = received.complete ? received : { ...received, body: null }
  const { status, body, retryAfterMs } = answer
  const detail = errorCode(body) ?? sentence(answer)
  if (isSuccess(answer)) return { kind: 'ok' }
  if (matches(rules.throttled, answer)) return { kind: 'throttled', detail, retryAfterMs }
  // `config` rules come first: the answer to a wrong client secret must not end a grant.
  if (matches(rules.config, answer)) {
    return { kind: 'client_config', detail: errorCode(body) ?? REFUSED_CLIENT }
  }
  // No `dead` rule, however broad, overrides `invalid_client`.
  if (errorCode(body) === 'invalid_client' && isCalm(status)) {
    return { kind: 'client_config', detail: 'invalid_client' }
  }
  if (matches(rules.dead.filter(isFor(status)), answer)) return { kind: 'grant_dead', detail }
  // After a temporary refusal, the refresh token is not spent, and an immediate retry would get the
  // same answer.
  if (matches(rules.temporary, answer)) {
    return { kind: 'unknown_refusal', detail, evidence: 'none' }
  }
  if (status === 429 || (status === 503 && retryAfterMs !== null)) {
    return { kind: 'throttled', detail, retryAfterMs }
  }
  if (status >= 500) return { kind: 'provider_failed', detail }
  if (status >= 300 && status < 400) return { kind: 'client_config', detail: MOVED }
  return standardError(body) ?? unknownAnswer(answer, detail)
}

// The operator sees these texts.
const REFUSED_CLIENT = 'the provider refuses this OAuth client'
const MOVED = 'the token endpoint redirects'
const ELSEWHERE = 'the token endpoint is not at its address'

/** A `dead` rule matches a 429 or 5xx only if the rule lists statuses. */
function isFor(status: number): (rule: AnswerRule) => boolean {
  return (rule) => isCalm(status) || rule.statuses !== undefined
}

function isCalm(status: number): boolean {
  return status < 300 || (status >= 400 && status < 500 && status !== 429)
}

/** The codes of RFC 6749 §5.2. Some providers send them with status 200. */
function standardError(body: TokenAnswer['body']): Verdict | null {
  switch (body?.['error']) {
    case 'invalid_grant':
      return { kind: 'grant_dead', detail: 'invalid_grant' }
    case 'invalid_client':
    case 'unauthorized_client':
      return { kind: 'client_config', detail: body['error'] }
    default:
      return null
  }
}

function unknownAnswer(answer: TokenAnswer, detail: string): Verdict {
  const { status, body, complete } = answer
  if (status === 404 || status === 405) return { kind: 'client_config', detail: ELSEWHERE }
  const isError = body !== null && hasError(body)
  const isRefused = status >= 400 || isError
  // A proxy answers 408 if the provider was too slow, so the token may be spent.
  if (status === 408 || (!isRefused && !complete)) {
    return { kind: 'answer_lost', detail, began: !complete }
  }
  if (!isRefused) return { kind: 'answer_unreadable', detail }
  if (!isRejection(answer)) return { kind: 'unknown_refusal', detail, evidence: 'none' }
  return {
    kind: 'unknown_refusal',
    detail: errorCode(body) ?? `the provider answered ${status} without an error code`,
    evidence: isError ? 'error' : 'page',
  }
}

/** The 4xx statuses that mean "not now". */
const PASSING_STATUSES: readonly number[] = [408, 409, 421, 423, 425, 429]

/** Paths at which vendors put an error code. */
const CODE_PATHS = [
  'error',
  'error.code',
  'error.type',
  'error.status',
  'error.reason',
  'error.errors[].reason',
  'errors[].reason',
  'errors[].code',
  'errors[].errorType',
  'code',
  'error_code',
  'errorCode',
  'reason',
  'type',
  'status',
]

const PASSING_CODE =
  /temporar|server_?error|internal|unavailable|throttl|rate_?limit|limit_?exceeded|too_?many|slow_?down|quota|timeout|timed_?out|busy|maintenance|retry|try_?again|locked|conflict|in_?progress/i

/** Whether the answer is a final refusal. False if it is cut off, or only says "not now". */
function isRejection({ status, body, complete, hasToken, retryAfterMs }: TokenAnswer): boolean {
  if (!complete || hasToken || retryAfterMs !== null) return false
  if (PASSING_STATUSES.includes(status) || status >= 500) return false
  const codes = CODE_PATHS.flatMap((path) => valuesAt(body, path))
  return !codes.some((code) => typeof code === 'string' && PASSING_CODE.test(code))
}

function isSuccess({ status, body, complete, hasToken }: TokenAnswer): boolean {
  return status >= 200 && status < 300 && complete && body !== null && hasToken && !hasError(body)
}

function hasError(body: Readonly<Record<string, unknown>>): boolean {
  const { error, ok } = body
  return ok === false || !(error == null || error === '' || error === false || error === 0)
}

function matches(rules: readonly AnswerRule[], answer: TokenAnswer): boolean {
  return rules.some((rule) => matchesRule(rule, answer))
}

export function matchesRule(
  { statuses, where }: AnswerRule,
  { status, body }: { readonly status: number; readonly body: unknown },
): boolean {
  if (statuses !== undefined && !statuses.includes(status)) return false
  return Object.entries(where ?? {}).every(([path, wanted]) => {
    const found = valuesAt(body, path).filter((value) => value != null)
    return wanted.length === 0 ? found.length > 0 : found.some((value) => isOneOf(value, wanted))
  })
}

/** Compares numbers as text, and ignores case. */
function isOneOf(value: unknown, wanted: readonly (string | number | boolean)[]): boolean {
  const found = asWord(value)?.toLowerCase()
  return wanted.some((word) => word === value || String(word).toLowerCase() === found)
}

function asWord(value: unknown): string | null {
  const plain = plainNumber(value)
  return typeof plain === 'string' || typeof plain === 'number' ? String(plain) : null
}

/** Returns a value only if it looks like a code, because any other text may contain a token. */
export function errorCode(body: TokenAnswer['body']): string | null {
  if (body === null) return null
  const { error } = body
  const code = isRecord(error) ? (error['code'] ?? error['type']) : error
  const text = asWord(code)
  return text !== null && looksLikeCode(text) ? text : null
}

const WORD = /^([a-z]{0,16}|[A-Z]{0,10}\d{0,8}|[A-Z]{11,16}|[a-z]{0,16}([A-Z][a-z]{2,15}){1,4})$/

export function looksLikeCode(text: string): boolean {
  if (!/^[A-Za-z0-9_.:-]{1,64}$/.test(text)) return false
  const words = text.split(/[_.:-]/)
  return words.length <= 6 && words.every((word) => WORD.test(word))
}

function sentence({ status, body, complete, hasToken }: TokenAnswer): string {
  if (!complete) return 'the answer was cut'
  if (status >= 500) return 'the provider answered with a server error'
  if (status === 429) return 'the provider asks to slow down'
  if (body === null) return 'the answer is not a JSON object'
  if (status < 300) return hasToken ? 'the answer holds an error' : 'the answer holds no token'
  return 'the provider answered with an error of its own'
}

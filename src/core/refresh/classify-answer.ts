import { plainNumber } from '../base/json.ts'
import { isRecord, type JsonPath, valuesAt } from '../base/json-path.ts'
import { isRejection } from './rejected-answer.ts'
import type { RefreshOutcome } from './refresh-outcome.ts'
import type { TokenAnswer } from './token-answer.ts'

/** Recognises an answer; every condition that is there must hold. */
export type AnswerRule = {
  readonly statuses?: readonly number[] | undefined
  /** What must stand where in the body; an empty list stands for anything but null. */
  readonly where?: Readonly<Record<JsonPath, readonly (string | number | boolean)[]>> | undefined
}

/** What a provider says in its own words, beside RFC 6749 §5.2. */
export type AnswerRules = {
  readonly dead: readonly AnswerRule[]
  readonly config: readonly AnswerRule[]
  readonly temporary: readonly AnswerRule[]
  readonly throttled: readonly AnswerRule[]
}

/** A refresh outcome without what only the shell has: the tokens, and what could be salvaged. */
export type Verdict =
  | { readonly kind: 'ok' }
  | Exclude<RefreshOutcome, { kind: 'ok' | 'ambiguous' | 'not_sent' }>
  | Omit<Extract<RefreshOutcome, { kind: 'ambiguous' }>, 'salvaged' | 'isOwn'>

/**
 * Sorts an answer. Only `invalid_grant` and what the rules call dead may ever end a grant; whatever
 * is not understood is `ambiguous`, and may be replayed only where the token may really be spent.
 */
export function classifyAnswer(received: TokenAnswer, rules: AnswerRules): Verdict {
  // Of a cut answer the status counts, but not one word: its end may have said something else.
  const answer = received.complete ? received : { ...received, body: null }
  const { status, body, retryAfterMs } = answer
  const detail = errorCode(body) ?? sentence(answer)
  if (isSuccess(answer)) return { kind: 'ok' }
  if (matches(rules.throttled, answer)) return { kind: 'throttled', detail, retryAfterMs }
  // A wrong secret that looks like a dead grant must end no grant: configuration is asked first.
  if (matches(rules.config, answer)) {
    return { kind: 'client_config', detail: errorCode(body) ?? REFUSED_CLIENT }
  }
  // However wide a rule is: whoever says so means the client.
  if (errorCode(body) === 'invalid_client' && isCalm(status)) {
    return { kind: 'client_config', detail: 'invalid_client' }
  }
  if (matches(rules.dead.filter(isFor(status)), answer)) return { kind: 'grant_dead', detail }
  if (matches(rules.temporary, answer)) return { kind: 'ambiguous', detail, mayReplay: false }
  if (status === 429 || (status === 503 && retryAfterMs !== null)) {
    return { kind: 'throttled', detail, retryAfterMs }
  }
  if (status >= 500) return { kind: 'ambiguous', detail, mayReplay: true, wasRefused: true }
  if (status >= 300 && status < 400) return { kind: 'client_config', detail: MOVED }
  return standardError(body) ?? unknownAnswer(answer, detail)
}

// For the operator, who has to mend it.
const REFUSED_CLIENT = 'the provider refuses this OAuth client'
const MOVED = 'the token endpoint redirects'
const ELSEWHERE = 'the token endpoint is not at its address'

/** A provider in trouble is not believed that a grant has ended, save where its preset says so. */
function isFor(status: number): (rule: AnswerRule) => boolean {
  return (rule) => isCalm(status) || rule.statuses !== undefined
}

function isCalm(status: number): boolean {
  return status < 300 || (status >= 400 && status < 500 && status !== 429)
}

/** RFC 6749 §5.2, and the same words with 200, as some providers send them. */
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
  const { status, body } = answer
  if (status === 404 || status === 405) return { kind: 'client_config', detail: ELSEWHERE }
  const refused = status >= 400 ? status !== 408 : body !== null && hasError(body)
  if (!refused && !answer.complete) {
    return { kind: 'ambiguous', detail, mayReplay: true, answerBegan: true }
  }
  const said = refused && isRejection(answer) ? rejectedBy(answer) : { detail }
  return { kind: 'ambiguous', mayReplay: !refused, ...said }
}

function rejectedBy({ status, body }: TokenAnswer) {
  return {
    detail: errorCode(body) ?? `the provider answered ${status} without an error code`,
    rejection: body !== null && hasError(body) ? 'error' : 'page',
  } as const
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

/** A number written as text is the same code, and so is a text in other letters. */
function isOneOf(value: unknown, wanted: readonly (string | number | boolean)[]): boolean {
  const found = asWord(value)?.toLowerCase()
  return wanted.some((word) => word === value || String(word).toLowerCase() === found)
}

function asWord(value: unknown): string | null {
  const plain = plainNumber(value)
  return typeof plain === 'string' || typeof plain === 'number' ? String(plain) : null
}

/**
 * The provider's error code, if it can be nothing else: words and underscores or a few digits. A
 * provider that echoes a token in the place of a code is not quoted.
 */
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

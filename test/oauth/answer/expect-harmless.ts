import { expect } from 'vitest'
import { looksLikeCode, matchesRule } from '../../../src/core/refresh/classify-answer.ts'
import { isRecord } from '../../../src/core/base/json-path.ts'
import type { ReceivedTokens, RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'
import { readBody } from '../../../src/oauth/answer/json-body.ts'
import type { Recipe } from '../../../src/oauth/recipe/preset-schema.ts'
import type { Presented } from './any-answer.ts'
import { NOT_SENT } from '../../../src/oauth/answer/read-answer.ts'

/** An answer as it stands on the wire. */
export type Answered = {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly complete: boolean
}

/** The number of shared characters that counts as a leak of a secret or of the provider's text. */
const TELLING = 12

export function expectHarmless(outcome: RefreshOutcome, sent: Presented, answer: Answered | null) {
  if (outcome.kind === 'ok') return expectSound(outcome.tokens)
  const { detail } = outcome
  expect(detail).toSatisfy(isOfOurs)
  for (const secret of Object.values(sent)) expect(sharesPart(detail, secret)).toBe(false)
  if (answer === null) return undefined
  const text = Buffer.from(answer.body).toString()
  // Only an error code of the provider may be quoted.
  if (sharesPart(detail, text)) expect(codesIn(answer)).toContain(detail)
  return undefined
}

/**
 * Whether an answer means a dead grant by RFC 6749 §5.2 (without 429 or 5xx) or by the preset's
 * rules.
 */
export function isDocumentedDeath(answer: Answered | null, recipe: Recipe): boolean {
  if (answer === null || !answer.complete) return false
  const { status } = answer
  const body = valueOf(answer, recipe)
  const isCalm = status < 300 || (status >= 400 && status < 500 && status !== 429)
  const isStandard = isCalm && isRecord(body) && body['error'] === 'invalid_grant'
  return isStandard || recipe.errors.dead.some((rule) => matchesRule(rule, { status, body }))
}

/** One of Larder's own sentences, or text too plain to hold a secret. */
function isOfOurs(detail: string): boolean {
  return Object.values(NOT_SENT).includes(detail) || /^[\w .:-]{1,64}$/.test(detail)
}

const LONGEST_SECONDS = 400 * 86_400
const LONGEST_GRANT_SECONDS = 3_650 * 86_400

function expectSound(tokens: ReceivedTokens): void {
  expect(isSound(tokens.expiresInSeconds, LONGEST_SECONDS)).toBe(true)
  const { refreshTokenExpiresInSeconds: grant } = tokens
  expect(grant === 'never' || (grant !== 0 && isSound(grant, LONGEST_GRANT_SECONDS))).toBe(true)
  for (const token of [tokens.accessToken, tokens.refreshToken]) {
    expect(token?.expose() ?? 'none').toMatch(/^[\x20-\x7e]+$/)
  }
  expect((tokens.scope ?? []).every((scope) => typeof scope === 'string')).toBe(true)
  expect(String(tokens.accessToken)).toBe('[secret]')
}

function isSound(life: unknown, longest: number): boolean {
  return life === null || (Number.isInteger(life) && Number(life) >= 0 && Number(life) <= longest)
}

function codesIn(answer: Answered): readonly string[] {
  const body = valueOf(answer, null)
  const error = isRecord(body) ? body['error'] : null
  const codes = isRecord(error) ? [error['code'], error['type']] : [error]
  return codes.map(String).filter(looksLikeCode)
}

function valueOf({ body, contentType }: Answered, recipe: Recipe | null): unknown {
  return readBody(body, contentType, recipe?.answer.format ?? null).value
}

function sharesPart(text: string, secret: string): boolean {
  for (let start = 0; start + TELLING <= secret.length; start++) {
    if (text.includes(secret.slice(start, start + TELLING))) return true
  }
  return false
}

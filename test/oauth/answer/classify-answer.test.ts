import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type AnswerRules,
  classifyAnswer,
  looksLikeCode,
  type TokenAnswer,
} from '../../../src/core/refresh/classify-answer.ts'

const answer = (status: number, body: unknown, more: Partial<TokenAnswer> = {}): TokenAnswer => {
  const object = typeof body === 'object' && body !== null && !Array.isArray(body)
  const record = object ? (body as Record<string, unknown>) : null
  const token = record?.['access_token']
  return {
    status,
    body: record,
    complete: true,
    hasToken: typeof token === 'string' && token !== '',
    retryAfterMs: null,
    ...more,
  }
}

const NO_RULES: AnswerRules = { dead: [], config: [], temporary: [], throttled: [] }

const RULES: AnswerRules = {
  dead: [
    { statuses: [200], where: { error: ['bad_refresh_token', 'invalid_code'] } },
    { where: { ok: [false], error: ['invalid_refresh_token', 'token_revoked'] } },
    { where: { status: ['BAD_REFRESH_TOKEN'] } },
    { where: { 'errors[].errorType': ['invalid_grant'] } },
    { where: { 'error.code': [190], 'error.error_subcode': [458, 463] } },
    { statuses: [401], where: { message: ['Unauthorized'] } },
    { statuses: [403], where: { error: ['refresh_token_reused'] } },
  ],
  config: [
    { where: { error: ['incorrect_client_credentials'] } },
    { where: { 'error_codes[]': [7000215] } },
  ],
  temporary: [{ where: { error: ['internal_failure'] } }],
  throttled: [
    { where: { error: ['ratelimited'] } },
    { statuses: [400], where: { error_description: ['Access Denied'] } },
  ],
}

const OK = { access_token: 'at', token_type: 'Bearer' }

test.each<[string, TokenAnswer, string]>([
  ['a token', answer(200, OK), 'ok'],
  ['a token with 201', answer(201, OK), 'ok'],
  ['a token beside an empty error', answer(200, { ...OK, error: '' }), 'ok'],
  ['a token beside a null error', answer(200, { ...OK, error: null }), 'ok'],
  ['a token beside ok: true', answer(200, { ...OK, ok: true }), 'ok'],
  ['a token beside an error', answer(200, { ...OK, error: 'odd' }), 'unknown_refusal'],
  ['a token beside ok: false', answer(200, { ...OK, ok: false }), 'unknown_refusal'],
  ['a token with 302', answer(302, OK), 'client_config'],
  ['a token with 500', answer(500, OK), 'provider_failed'],
  ['a token in a truncated answer', answer(200, OK, { complete: false }), 'answer_lost'],
  ['an empty token', answer(200, { access_token: '' }), 'answer_unreadable'],
  ['a token that is a number', answer(200, { access_token: 1 }), 'answer_unreadable'],
  ['an empty object', answer(200, {}), 'answer_unreadable'],
  ['null', answer(200, null), 'answer_unreadable'],
  ['a list', answer(200, []), 'answer_unreadable'],
  ['an empty text', answer(200, ''), 'answer_unreadable'],
  ['HTML with 200', answer(200, undefined), 'answer_unreadable'],
  ['204', answer(204, undefined), 'answer_unreadable'],
  ['invalid_grant', answer(400, { error: 'invalid_grant' }), 'grant_dead'],
  ['invalid_grant with 401', answer(401, { error: 'invalid_grant' }), 'grant_dead'],
  ['invalid_grant with 403', answer(403, { error: 'invalid_grant' }), 'grant_dead'],
  ['invalid_grant with 200', answer(200, { error: 'invalid_grant' }), 'grant_dead'],
  ['invalid_grant with 500', answer(500, { error: 'invalid_grant' }), 'provider_failed'],
  ['invalid_grant with 429', answer(429, { error: 'invalid_grant' }), 'throttled'],
  [
    'invalid_grant in a truncated answer',
    answer(400, { error: 'invalid_grant' }, { complete: false }),
    'unknown_refusal',
  ],
  [
    'invalid_client in a truncated answer',
    answer(401, { error: 'invalid_client' }, { complete: false }),
    'unknown_refusal',
  ],
  [
    'invalid_grant in another letter case',
    answer(400, { error: 'Invalid_Grant' }),
    'unknown_refusal',
  ],
  ['invalid_grant in a list', answer(400, { error: ['invalid_grant'] }), 'unknown_refusal'],
  ['invalid_client', answer(401, { error: 'invalid_client' }), 'client_config'],
  ['invalid_client with 400', answer(400, { error: 'invalid_client' }), 'client_config'],
  ['invalid_client with 200', answer(200, { error: 'invalid_client' }), 'client_config'],
  ['unauthorized_client', answer(400, { error: 'unauthorized_client' }), 'client_config'],
  ['invalid_request', answer(400, { error: 'invalid_request' }), 'unknown_refusal'],
  ['invalid_scope', answer(400, { error: 'invalid_scope' }), 'unknown_refusal'],
  ['unsupported_grant_type', answer(400, { error: 'unsupported_grant_type' }), 'unknown_refusal'],
  ['temporarily_unavailable', answer(400, { error: 'temporarily_unavailable' }), 'unknown_refusal'],
  ['an unknown error', answer(400, { error: 'whatever' }), 'unknown_refusal'],
  ['an unknown error with 200', answer(200, { error: 'whatever' }), 'unknown_refusal'],
  ['an error that is an object', answer(200, { error: { code: 190 } }), 'unknown_refusal'],
  ['ok: false with 200', answer(200, { ok: false }), 'unknown_refusal'],
  ['400 and HTML', answer(400, undefined), 'unknown_refusal'],
  ['401 and HTML', answer(401, undefined), 'unknown_refusal'],
  ['403 and HTML', answer(403, undefined), 'unknown_refusal'],
  ['402', answer(402, {}), 'unknown_refusal'],
  ['407', answer(407, undefined), 'unknown_refusal'],
  ['409', answer(409, {}), 'unknown_refusal'],
  ['422', answer(422, {}), 'unknown_refusal'],
  ['451', answer(451, undefined), 'unknown_refusal'],
  ['408', answer(408, undefined), 'answer_lost'],
  ['404', answer(404, undefined), 'client_config'],
  ['404 with an unknown error', answer(404, { error: 'not_found' }), 'client_config'],
  ['405', answer(405, undefined), 'client_config'],
  ['301', answer(301, undefined), 'client_config'],
  ['302', answer(302, undefined), 'client_config'],
  ['303', answer(303, undefined), 'client_config'],
  ['304', answer(304, undefined), 'client_config'],
  ['307', answer(307, undefined), 'client_config'],
  ['308', answer(308, undefined), 'client_config'],
  ['429', answer(429, undefined), 'throttled'],
  ['429 with Retry-After', answer(429, {}, { retryAfterMs: 5_000 }), 'throttled'],
  ['503', answer(503, undefined), 'provider_failed'],
  ['503 with Retry-After', answer(503, undefined, { retryAfterMs: 5_000 }), 'throttled'],
  ['500', answer(500, undefined), 'provider_failed'],
  ['502 and HTML', answer(502, undefined), 'provider_failed'],
  ['504', answer(504, undefined), 'provider_failed'],
  ['520', answer(520, undefined), 'provider_failed'],
  ['an invalid status', answer(999, undefined), 'provider_failed'],
])('without preset rules, %s is classified correctly', (_what, given, expected) => {
  expect(classifyAnswer(given, NO_RULES).kind).toBe(expected)
})

test.each<[string, TokenAnswer, string]>([
  ['GitHub, dead', answer(200, { error: 'bad_refresh_token' }), 'grant_dead'],
  ['Zoho, dead', answer(200, { error: 'invalid_code' }), 'grant_dead'],
  ['the same code with another status', answer(400, { error: 'invalid_code' }), 'unknown_refusal'],
  ['Slack, dead', answer(200, { ok: false, error: 'token_revoked' }), 'grant_dead'],
  [
    'the same code in a server error',
    answer(503, { ok: false, error: 'token_revoked' }),
    'provider_failed',
  ],
  [
    'the same code with a request to slow down',
    answer(429, { ok: false, error: 'token_revoked' }),
    'throttled',
  ],
  ['the same code without ok: false', answer(200, { error: 'token_revoked' }), 'unknown_refusal'],
  ['Slack, throttled', answer(200, { ok: false, error: 'ratelimited' }), 'throttled'],
  ['HubSpot, dead', answer(400, { status: 'BAD_REFRESH_TOKEN' }), 'grant_dead'],
  [
    'Fitbit, dead',
    answer(401, { errors: [{ errorType: 'x' }, { errorType: 'invalid_grant' }] }),
    'grant_dead',
  ],
  ['Facebook, dead', answer(400, { error: { code: 190, error_subcode: 463 } }), 'grant_dead'],
  [
    'Facebook, numbers as text',
    answer(400, { error: { code: '190', error_subcode: '463' } }),
    'grant_dead',
  ],
  [
    'Facebook, another subcode',
    answer(400, { error: { code: 190, error_subcode: 1 } }),
    'unknown_refusal',
  ],
  ['an old Cal.com, dead', answer(401, { message: 'Unauthorized' }), 'grant_dead'],
  ['OpenAI, dead', answer(403, { error: 'refresh_token_reused' }), 'grant_dead'],
  [
    'GitHub, wrong secret at 200',
    answer(200, { error: 'incorrect_client_credentials' }),
    'client_config',
  ],
  [
    'Microsoft, wrong secret as invalid_grant',
    answer(400, { error: 'invalid_grant', error_codes: [1, 7000215] }),
    'client_config',
  ],
  ['Google, an internal failure', answer(400, { error: 'internal_failure' }), 'unknown_refusal'],
  ['Zoho, throttled', answer(400, { error_description: 'Access Denied' }), 'throttled'],
  ['a token', answer(200, OK), 'ok'],
])('with rules of a preset, %s is classified correctly', (_what, given, expected) => {
  expect(classifyAnswer(given, RULES).kind).toBe(expected)
})

test.each([
  'invalid_grant',
  'BAD_REFRESH_TOKEN',
  'AADSTS700082',
  'interaction_required',
  'org_internal',
  'accessDenied',
  'InvalidToken',
  '190',
  'oauth:invalid-code',
])('%s looks like an error code', (code) => {
  expect(looksLikeCode(code)).toBe(true)
})

test.each([
  'ya29.a0AfH6SMBxQ7zY0w9VtK3',
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
  '1//0gXyZaBcDeFg',
  'canary-rt-5f3a9b2c8d',
  '8f14e45fceea167a5a36dedd4bea2543',
  'xoxe-1-My0xLTEyMzQ1Njc4OTA',
  'c2VjcmV0LXRva2VuLXZhbHVl',
  'Token has been expired or revoked.',
  '<script>',
  'a'.repeat(65),
  'one_two_three_four_five_six_seven',
  '',
])('%s does not look like an error code', (text) => {
  expect(looksLikeCode(text)).toBe(false)
})

test('grant_dead needs an error word in the answer, and a detail has at most 64 characters', () => {
  const words = fc.constantFrom('invalid_grant', 'invalid_client', 'x', '', 'y'.repeat(200))
  const body = fc.oneof(
    fc.dictionary(
      fc.constantFrom('error', 'ok', 'access_token', 'message'),
      fc.oneof(words, fc.anything()),
    ),
    fc.constant(null),
  )
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 999 }),
      body,
      fc.boolean(),
      (status, given, complete) => {
        const verdict = classifyAnswer(answer(status, given, { complete }), RULES)
        if (verdict.kind === 'ok') return
        expect(verdict.detail.length).toBeLessThanOrEqual(64)
        if (verdict.kind === 'grant_dead') {
          const text = JSON.stringify(given)
          expect(text).toMatch(/invalid_grant|Unauthorized|token|code|BAD_/)
        }
      },
    ),
  )
})

test.each([
  [400, { error: 'invalid_client' }],
  [401, { error: 'invalid_client', error_description: 'refresh token' }],
  [401, { error: { code: 'invalid_client' } }],
  [200, { ok: false, error: 'invalid_client' }],
])(
  'a rule for dead grants that matches anything does not match a refused client: %d %j',
  (status, body) => {
    const wide = { ...NO_RULES, dead: [{ statuses: [200, 400, 401] }, { where: { error: [] } }] }
    expect(classifyAnswer(answer(status, body), wide).kind).toBe('client_config')
  },
)

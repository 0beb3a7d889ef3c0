import { afterAll, beforeAll, expect, test } from 'vitest'
import { askRefresh, type Told } from '../ask-provider.ts'
import { createScriptedProvider } from '../create-scripted-provider.ts'
import { BODIES } from '../misbehaviours/bodies.ts'
import { ECHOES, type ERRORS } from '../misbehaviours/errors.ts'
import type { FIELDS } from '../misbehaviours/fields.ts'
import { STATUSES } from '../misbehaviours/statuses.ts'
import type { MisbehaviourName } from '../misbehaviours/table.ts'
import type { ScriptedProvider } from '../scripted-provider.ts'
import { newGrant } from './one-grant.ts'

let provider: ScriptedProvider

beforeAll(async () => {
  provider = await createScriptedProvider({ profile: 'strict' })
})
afterAll(() => provider[Symbol.asyncDispose]())

async function meet(
  name: MisbehaviourName,
  how: { readonly processed?: boolean } = {},
): Promise<{ told: Told; rotated: boolean }> {
  const { family, refreshToken } = await newGrant(provider)
  await provider.misbehave(name, { next: 1, family, ...how })
  const told = await askRefresh(provider, refreshToken)
  const { current } = await provider.family(family)
  return { told, rotated: current !== refreshToken }
}

const HTML = expect.stringMatching(/^<!doctype html>/)
const DATE = /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/

const STATUS_CASES: Record<keyof typeof STATUSES, readonly [number, unknown, object?]> = {
  'status-400': [400, ''],
  'status-401': [401, ''],
  'status-402': [402, '{"error":"payment_required"}'],
  'status-403': [403, '{"error":"forbidden"}'],
  'firewall-403': [403, HTML, { server: 'cloudflare' }],
  'firewall-200': [200, HTML],
  'status-404': [404, HTML],
  'status-405': [405, '', { allow: 'GET' }],
  'status-408': [408, ''],
  'status-409': [409, '{"error":"conflict"}'],
  'status-418': [418, 'I am a teapot'],
  'status-425': [425, ''],
  'status-451': [451, HTML],
  'status-500': [500, HTML],
  'status-500-json': [500, '{"error":"server_error"}'],
  'status-502': [502, HTML],
  'status-503': [503, HTML],
  'status-503-retry-after': [503, HTML, { 'retry-after': '7' }],
  'status-520': [520, HTML],
  'throttled-without-retry-after': [429, '{}'],
  'throttled-seconds': [429, '{}', { 'retry-after': '7' }],
  'throttled-http-date': [429, '{}', { 'retry-after': expect.stringMatching(DATE) }],
  'throttled-past-date': [429, '{}', { 'retry-after': expect.stringMatching(DATE) }],
  'throttled-garbage': [429, '{}', { 'retry-after': 'in a while' }],
  'throttled-for-ages': [429, '{}', { 'retry-after': '1000000000' }],
  'throttled-negative': [429, '{}', { 'retry-after': '-5' }],
  'redirect-301': [301, '', { location: expect.stringMatching(/^http:.*\/token$/) }],
  'redirect-302': [302, '', { location: expect.stringMatching(/^http:.*\/token$/) }],
  'redirect-303': [303, '', { location: expect.stringMatching(/^http:.*\/token$/) }],
  'redirect-307': [307, '', { location: expect.stringMatching(/^http:.*\/token$/) }],
  'redirect-308': [308, '', { location: expect.stringMatching(/^http:.*\/token$/) }],
}

test.each(Object.entries(STATUS_CASES))(
  'the misbehaviour %s answers with its status, and the request is not processed',
  async (name, [status, text, headers = {}]) => {
    const { told, rotated } = await meet(name as keyof typeof STATUSES)
    expect(told).toMatchObject({ status, text, headers })
    expect(rotated).toBe(false)
  },
)

test('Retry-After dates in answers follow the provider’s clock', async () => {
  const ahead = await meet('throttled-http-date')
  const behind = await meet('throttled-past-date')
  expect(fromNow(ahead.told, 'retry-after')).toBeGreaterThan(25_000)
  expect(fromNow(behind.told, 'retry-after')).toBeLessThan(-3_595_000)
})

function fromNow({ headers }: Told, header: string): number {
  return Date.parse(String(headers[header])) - Date.now()
}

const TOKENS = { access_token: expect.any(String), refresh_token: expect.any(String) }

const BODY_CASES: Record<keyof typeof BODIES, (told: Told) => void> = {
  'body-empty': ({ text }) => expect(text).toBe(''),
  'no-content': ({ status, text }) => expect([status, text]).toEqual([204, '']),
  'body-html': ({ text }) => expect(text).toEqual(HTML),
  'body-json-null': ({ text }) => expect(text).toBe('null'),
  'body-json-array': ({ text }) => expect(text).toBe('[]'),
  'body-json-string': ({ text }) => expect(text).toBe('""'),
  'body-json-object': ({ text }) => expect(text).toBe('{}'),
  'body-json-number': ({ text }) => expect(text).toBe('42'),
  'body-truncated': ({ text }) => {
    expect(text).toMatch(/^\{"access_token":"/)
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  },
  'body-broken-utf8': ({ text, json }) => {
    expect(text).toContain('\uFFFD')
    expect(json).toMatchObject(TOKENS)
  },
  'body-byte-order-mark': ({ headers, text }) => {
    expect(headers['content-type']).toContain('application/json')
    expect(text).toContain('"refresh_token"')
  },
  'body-duplicate-keys': ({ text, json }) => {
    expect(text.match(/"refresh_token":/g)).toHaveLength(2)
    expect(json['refresh_token']).toContain(provider.mark)
  },
  'body-deep-nesting': ({ text }) => expect(text).toContain('['.repeat(50_000)),
  'body-form-encoded': ({ text, headers }) => {
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(new URLSearchParams(text).get('refresh_token')).toContain(provider.mark)
  },
  'body-wrong-content-type': ({ headers, json }) => {
    expect(headers['content-type']).toContain('text/html')
    expect(json).toMatchObject(TOKENS)
  },
}

test.each(Object.entries(BODY_CASES))(
  'the misbehaviour %s answers with the expected body, and the request is processed',
  async (name, holds) => {
    const { told, rotated } = await meet(name as keyof typeof BODIES)
    holds(told)
    expect(rotated).toBe(true)
  },
)

const ERROR_CASES: Record<keyof typeof ERRORS, readonly [number, object]> = {
  'invalid-grant': [400, { error: 'invalid_grant' }],
  'invalid-grant-401': [401, { error: 'invalid_grant' }],
  'invalid-client': [401, { error: 'invalid_client' }],
  'invalid-client-without-challenge': [401, { error: 'invalid_client' }],
  'unauthorized-client': [400, { error: 'unauthorized_client' }],
  'invalid-request': [400, { error: 'invalid_request' }],
  'unsupported-grant-type': [400, { error: 'unsupported_grant_type' }],
  'invalid-scope': [400, { error: 'invalid_scope' }],
  'temporarily-unavailable': [503, { error: 'temporarily_unavailable' }],
  'server-error-400': [400, { error: 'server_error' }],
  'unknown-error': [400, { error: 'the_moon_is_full' }],
  'error-is-object': [400, { error: { code: 190 } }],
  'error-with-200': [200, { error: 'temporarily_unavailable' }],
  'invalid-grant-with-200': [200, { error: 'invalid_grant' }],
  'not-ok-with-200': [200, { ok: false, error: 'fatal_error' }],
  'tokens-and-error-with-200': [200, { error: 'server_error', ...TOKENS }],
}

test.each(Object.entries(ERROR_CASES))(
  'the misbehaviour %s answers with its status and error',
  async (name, [status, json]) => {
    const { told, rotated } = await meet(name as keyof typeof ERRORS)
    expect(told).toMatchObject({ status, json })
    expect(rotated).toBe(name.startsWith('tokens-'))
  },
)

const FIELD_CASES: Record<keyof typeof FIELDS, (json: Told['json'], told: Told) => void> = {
  'lifetime-as-text': (json) => expect(json['expires_in']).toBe('3600'),
  'lifetime-with-space': (json) => expect(json['expires_in']).toBe('3600 '),
  'lifetime-fraction': (json) => expect(json['expires_in']).toBe(3599.75),
  'lifetime-zero': (json) => expect(json['expires_in']).toBe(0),
  'lifetime-negative': (json) => expect(json['expires_in']).toBe(-1),
  'lifetime-tiny': (json) => expect(json['expires_in']).toBe(5),
  'lifetime-enormous': (json) => expect(json['expires_in']).toBe(1e12),
  'lifetime-nan-text': (json) => expect(json['expires_in']).toBe('NaN'),
  'lifetime-word': (json) => expect(json['expires_in']).toBe('one hour'),
  'lifetime-null': (json) => expect(json['expires_in']).toBeNull(),
  'lifetime-object': (json) => expect(json['expires_in']).toEqual({ seconds: 3_600 }),
  'lifetime-missing': (json) => expect(json).not.toHaveProperty('expires_in'),
  'lifetime-as-date': (json) => {
    expect(json).not.toHaveProperty('expires_in')
    expect(Date.parse(String(json['expires_at'])) - Date.now()).toBeGreaterThan(3_590_000)
  },
  'lifetime-as-epoch': (json) => {
    expect(json['expires_at']).toBeTypeOf('number')
    expect(Number(json['expires_at']) * 1000 - Date.now()).toBeGreaterThan(3_590_000)
  },
  'refresh-token-missing': (json) => expect(json).not.toHaveProperty('refresh_token'),
  'refresh-token-null': (json) => expect(json['refresh_token']).toBeNull(),
  'refresh-token-empty': (json) => expect(json['refresh_token']).toBe(''),
  'refresh-token-number': (json) => expect(json['refresh_token']).toBe(0),
  'refresh-token-object': (json) => expect(json['refresh_token']).toEqual({}),
  'narrower-scope': (json) => expect(json['scope']).toBe('read'),
  'scope-as-array': (json) => expect(json['scope']).toEqual(['read', 'write']),
  'token-type-missing': (json) => expect(json).not.toHaveProperty('token_type'),
  'token-type-lower-case': (json) => expect(json['token_type']).toBe('bearer'),
  'token-type-null': (json) => expect(json['token_type']).toBeNull(),
  'access-token-missing': (json) => expect(json).not.toHaveProperty('access_token'),
  'access-token-empty': (json) => expect(json['access_token']).toBe(''),
  'id-token-garbage': (json) => expect(json['id_token']).toBe('not.a.token'),
  'status-201': (_, { status }) => expect(status).toBe(201),
  'clock-5-hours-ahead': (_, told) => expect(fromNow(told, 'date')).toBeGreaterThan(17_990_000),
  'clock-5-hours-behind': (_, told) => expect(fromNow(told, 'date')).toBeLessThan(-17_990_000),
}

test.each(Object.entries(FIELD_CASES))(
  'the misbehaviour %s changes one field of a correct answer',
  async (name, holds) => {
    const { told, rotated } = await meet(name as keyof typeof FIELDS)
    holds(told.json, told)
    expect(told.headers['content-type']).toContain('application/json')
    expect(rotated).toBe(!name.startsWith('refresh-token-'))
  },
)

test('the Date header follows the provider’s clock', async () => {
  await using later = await createScriptedProvider()
  await later.advanceTime(3_600_000)
  const { refreshToken } = await newGrant(later)
  expect(fromNow(await askRefresh(later, refreshToken), 'date')).toBeGreaterThan(3_590_000)
})

const ECHO_CASES: Record<keyof typeof ECHOES, (told: Told, token: string) => void> = {
  'echo-refresh-token-in-description': ({ json }, token) =>
    expect(json['error_description']).toContain(token),
  'echo-refresh-token-as-error': ({ json }, token) => expect(json['error']).toBe(token),
  'echo-secret-in-body': ({ json }) => expect(json['client_secret']).toBe(provider.client.secret),
  'echo-secret-in-success': ({ json }) =>
    expect(json).toMatchObject({ ...TOKENS, client_secret: provider.client.secret }),
  'echo-request-in-html': ({ text }, token) => expect(text).toContain(encodeURIComponent(token)),
  'echo-tokens-in-broken-json': ({ text }, token) => {
    expect(text).toContain(token)
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  },
  'echo-refresh-token-in-header': ({ headers }, token) =>
    expect(headers['x-debug']).toContain(token),
  'echo-refresh-token-in-location': ({ headers }, token) =>
    expect(headers['location']).toContain(token),
}

test.each(Object.entries(ECHO_CASES))(
  'the misbehaviour %s echoes the secret at the expected place',
  async (name, holds) => {
    const { family, refreshToken } = await newGrant(provider)
    await provider.misbehave(name as keyof typeof ECHOES, { next: 1, family })
    holds(await askRefresh(provider, refreshToken), refreshToken)
  },
)

const EITHER_WAY = Object.keys({ ...STATUSES, ...BODIES, ...ECHOES }).filter(
  (name) => name !== 'echo-secret-in-success',
)

test.each(EITHER_WAY)('a test can choose whether a request with %s is processed', async (name) => {
  for (const processed of [true, false]) {
    expect((await meet(name as MisbehaviourName, { processed })).rotated).toBe(processed)
  }
})

import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { expectation, sameAccount } from '../../src/core/connection/account.ts'
import { holds, reaches } from '../../src/core/base/access.ts'
import { linkStatus } from '../../src/core/connect/flow.ts'
import { callbackProblem } from '../../src/core/connect/callback-error.ts'
import { newId, parseConnectionId } from '../../src/core/base/ids.ts'
import { checkParams } from '../../src/core/connection/params.ts'
import { scopesToRequest } from '../../src/core/connection/provider.ts'
import { Secret } from '../../src/core/base/secret.ts'

test('String, JSON and inspect do not reveal a secret', () => {
  const secret = new Secret('hush')
  const printed = [String(secret), JSON.stringify({ secret }), inspect({ secret }), '' + secret]
  expect(printed.join()).not.toContain('hush')
  expect(secret.expose()).toBe('hush')
})

test('ids sort by age, and a malformed id is rejected', () => {
  const random = new Uint8Array(10).fill(7)
  const [older, newer] = [newId('con', 1, random), newId('con', 2, random)]
  expect(older < newer).toBe(true)
  expect(parseConnectionId(older)).toBe(older)
  for (const wrong of [
    '',
    'con_',
    newId('lnk', 1, random),
    `${older}x`,
    older.toUpperCase(),
    `${older.slice(0, -1)}i`,
  ]) {
    expect(() => parseConnectionId(wrong)).toThrow('no such connection')
  }
})

test.each([
  [{ id: '1' }, { id: '1', email: 'other@x.example' }, true],
  [{ id: '1' }, { id: '2', email: null }, false],
  [{ email: 'Ann@X.example' }, { id: '1', email: 'ann@x.example' }, true],
  [{ email: 'a@x.example' }, { email: 'b@x.example' }, false],
  [{}, {}, false],
  [{}, { id: '1' }, false],
])('accounts %j and %j are the same: %s', (a, b, same) => {
  const nobody = { id: null, email: null, name: null }
  expect(sameAccount({ ...nobody, ...a }, { ...nobody, ...b })).toBe(same)
})

test.each([
  [null, {}, 'met'],
  ['acc-1', {}, 'met'],
  ['ANN@example.com', { emailVerified: true } as const, 'met'],
  ['ann@example.com', {}, 'email_unverified'],
  ['bob@example.com', { emailVerified: true } as const, 'other'],
])('the expected account %s compared with an account with %j: %s', (expected, more, is) => {
  const account = { id: 'acc-1', email: 'ann@example.com', name: null, ...more }
  expect(expectation(account, expected)).toBe(is)
})

test('admin holds every permission, and a narrowed key reaches only its own users and providers', () => {
  const admin = {
    keyId: 'bootstrap',
    permissions: ['admin'],
    providers: null,
    userIdPrefix: null,
  } as const
  expect(holds(admin, 'tokens:read')).toBe(true)
  const narrow = {
    ...admin,
    permissions: ['tokens:read'],
    providers: ['google'],
    userIdPrefix: 'org1:',
  } as never
  expect(holds(narrow, 'admin')).toBe(false)
  expect(reaches(narrow, { userId: 'org1:ann', provider: 'google' })).toBe(true)
  expect(reaches(narrow, { userId: 'org1', provider: 'google' })).toBe(false)
  expect(reaches(narrow, { userId: 'org1:ann', provider: 'zoom' })).toBe(false)
})

test.each([
  ['access_denied', 'reject', 'access_denied', null],
  ['Access_Denied', 'reject', 'access_denied', 'Access_Denied'],
  ['user_denied', 'reject', 'access_denied', 'user_denied'],
  ['consent_required', 'unsupported', 'unsupported_account', 'consent_required'],
  ['server_error', 'internal', 'provider_unavailable', 'server_error'],
  ['temporarily_unavailable', 'internal', 'provider_unavailable', 'temporarily_unavailable'],
  ['invalid_request', 'internal', 'provider_misconfigured', 'invalid_request'],
  ['invalid_scope', 'internal', 'provider_misconfigured', 'invalid_scope'],
  ['unauthorized_client', 'internal', 'provider_misconfigured', 'unauthorized_client'],
  ['invalid_redirect_uri', 'internal', 'provider_misconfigured', 'invalid_redirect_uri'],
  ['login_required', 'internal', 'login_required', null],
  ['interaction_required', 'internal', 'interaction_required', null],
  ['something_of_its_own', 'internal', 'provider_refused', 'something_of_its_own'],
  ['not a code', 'internal', 'provider_refused', null],
  ['', 'internal', 'provider_refused', null],
])(
  'the callback error "%s" is reported as %s with the error code %s',
  (error, word, errorCode, providerError) => {
    const provider = { deniedBy: ['user_denied'], unsupportedBy: ['consent_required'] }
    expect(callbackProblem(error, provider)).toMatchObject({ word, errorCode, providerError })
  },
)

test('only a pending link expires', () => {
  const link = { state: { status: 'pending' }, expiresAt: 10 } as Parameters<typeof linkStatus>[0]
  expect([linkStatus(link, 9), linkStatus(link, 10)]).toEqual(['pending', 'expired'])
  const done = { ...link, state: { status: 'completed', connectionId: 'con_1' } } as typeof link
  expect(linkStatus(done, 11)).toBe('completed')
})

test('a parameter must be declared, and its value must match the whole pattern', () => {
  const param = { description: '', required: false, default: null }
  const provider = {
    params: {
      tenant: { ...param, pattern: /[a-z]+/, required: true },
      region: { ...param, pattern: /eu|us/ },
    },
  }
  const problems = (given: Record<string, string>) =>
    checkParams(provider, given).map(({ name }) => name)
  expect(problems({ tenant: 'abc', region: 'eu' })).toEqual([])
  expect(problems({ tenant: 'abc/../x', region: 'eux' })).toEqual([
    'params.tenant',
    'params.region',
  ])
  expect(problems({ redirect_uri: 'x', __proto__x: 'y' })).toEqual([
    'params.redirect_uri',
    'params.__proto__x',
    'params.tenant',
  ])
})

test('identity scopes are always requested, each once', () => {
  const provider = { scopes: ['calendar', 'email'], identityScopes: ['openid', 'email'] }
  expect(scopesToRequest(provider, null)).toEqual(['openid', 'email', 'calendar'])
  expect(scopesToRequest(provider, ['mail'])).toEqual(['openid', 'email', 'mail'])
})

test.each([
  ['Mike@Example.com', 'met'],
  ['mi\u212ae@example.com', 'other'],
])('the verified e-mail %s, when mike@example.com is expected, is %s', (email, result) => {
  const account = { id: 'a-1', email, emailVerified: true, name: null } as const
  expect(expectation(account, 'mike@example.com')).toBe(result)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../../src/core/base/json.ts'
import { grantedScopes } from '../../../src/oauth/answer/granted-scope.ts'
import { readBody } from '../../../src/oauth/answer/json-body.ts'
import { normalise, salvageRefreshToken } from '../../../src/oauth/answer/normalise.ts'
import { presetSchema } from '../../../src/oauth/recipe/preset-schema.ts'
import type { GrantedScope } from '../../../src/oauth/recipe/preset-fields.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const json = (text: string) => readBody(bytes(text), 'application/json', null).value
const FORM = 'application/x-www-form-urlencoded; charset=utf-8'

test.each<[string, string, unknown]>([
  ['an object', '{"a":1}', { a: 1 }],
  ['an object behind a byte order mark', '\uFEFF{"a":1}', { a: 1 }],
  [
    'text with colons and escapes',
    '{"a":"x:\\"y\\":z","b":{"c:d":[1,{"e":2}]}}',
    { a: 'x:"y":z', b: { 'c:d': [1, { e: 2 }] } },
  ],
  ['null', 'null', null],
  ['one key twice', '{"refresh_token":"a","refresh_token":"b"}', undefined],
  ['one key twice, deeper', '{"a":{"b":1,"b":2}}', undefined],
  ['one key twice, spelled with an escape', '{"ab":1,"\\u0061b":2}', undefined],
  ['HTML', '<html>a</html>', undefined],
  ['nothing', '', undefined],
  ['a truncated object', '{"a":', undefined],
  ['two objects', '{}{}', undefined],
  ['a deep nest of lists', '['.repeat(50_000) + ']'.repeat(50_000), undefined],
  ['a deep nest of objects', '{"a":'.repeat(40) + '1' + '}'.repeat(40), undefined],
])('a JSON body with %s is parsed or rejected as expected', (_what, text, expected) => {
  expect(json(text)).toEqual(expected)
})

const nameOf = (byte: number) =>
  readBody(Buffer.from([0x22, byte, 0x22]), 'application/json', null).value

test('a body that is not UTF-8 is read as Latin-1, so that different names stay different', () => {
  expect(nameOf(0xe9)).toBe('\u00e9')
  const all = Array.from({ length: 128 }, (_, at) => nameOf(0x80 + at))
  expect(new Set(all).size).toBe(128)
})

test.each([
  ['one value twice', '{"a":[1,{"b":2}],"c":3,"a":[1,{"b":2}]}', true],
  ['one value twice in another order', '{"a":{"b":1,"c":2},"a":{"c":2,"b":1}}', true],
  ['one value spelled in two ways', '{"a":"b","a":"\\u0062"}', true],
  ['two values', '{"a":1,"a":2}', false],
  ['a number and its text', '{"a":1,"a":"1"}', false],
  ['two ids beyond the safe integers', '{"a":9007199254740993,"a":9007199254740992}', false],
  ['two values deeper', '[{"a":{"b":1,"b":[]}}]', false],
  ['two values inside a repeated object', '{"a":{"b":1,"b":2},"a":{"b":1,"b":2}}', false],
])('a JSON body with %s for one key is accepted: %s', (_what, text, isOne) => {
  const { value, latest } = readBody(bytes(text), 'application/json', null)
  expect(value !== undefined).toBe(isOne)
  expect(latest).toEqual(parseJson(text))
})

test('a body is parsed as a form if the content type or the preset says so', () => {
  const text = 'access_token=a%20b&scope=x%2Cy'
  const expected = { access_token: 'a b', scope: 'x,y' }
  expect(readBody(bytes(text), FORM, null).value).toEqual(expected)
  expect(readBody(bytes(text), 'text/html', 'form').value).toEqual(expected)
  expect(readBody(bytes(text), 'text/html', null).value).toBeUndefined()
  expect(readBody(bytes('a=1&a=2'), FORM, null).value).toBeUndefined()
  expect(readBody(bytes('{"a":1}'), FORM, 'json').value).toEqual({ a: 1 })
})

test('a JSON key named __proto__ is read as an ordinary key', () => {
  const value = json('{"__proto__":{"access_token":"x"}}')
  expect(normalise(value, shape(), clock).accessToken).toBeNull()
  expect(json('{"__proto__":1,"__proto__":2}')).toBeUndefined()
})

const clock = { sentAt: 0, providerNow: null }
const shape = (answer = {}, scopeSeparator = ' ') => ({
  ...presetSchema.parse({ name: 'x', answer }).answer,
  scopeSeparator,
})

test.each<[string, object, object, object]>([
  [
    'a plain answer',
    {
      access_token: 'a',
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: 'r',
      scope: 'x y',
      id_token: 'i',
    },
    {},
    {
      accessToken: 'a',
      tokenType: 'bearer',
      expiresInSeconds: 3600,
      refreshToken: 'r',
      scope: ['x', 'y'],
      idToken: 'i',
    },
  ],
  [
    'nothing but a token',
    { access_token: 'a' },
    {},
    { tokenType: null, expiresInSeconds: null, refreshToken: null, scope: null },
  ],
  ['refresh token null', { refresh_token: null }, {}, { refreshToken: null }],
  ['refresh token empty', { refresh_token: '' }, {}, { refreshToken: null }],
  ['refresh token 0', { refresh_token: 0 }, {}, { refreshToken: null }],
  ['the refresh token as an object', { refresh_token: {} }, {}, { refreshToken: null }],
  ['the scope as a list', { scope: ['x', 'y', 3] }, {}, { scope: ['x', 'y'] }],
  ['scope empty', { scope: '' }, {}, { scope: [] }],
  ['scope null', { scope: null }, {}, { scope: null }],
  [
    'scope by another name',
    { scopes: 'x  y' },
    { scope: ['scope', 'scopes'] },
    { scope: ['x', 'y'] },
  ],
  [
    'the lifetime of the refresh token',
    { refresh_token_expires_in: '60' },
    {},
    { refreshTokenExpiresInSeconds: 60 },
  ],
  [
    'an unlimited lifetime of the refresh token by another name',
    { refresh_expires_in: 0 },
    {},
    { refreshTokenExpiresInSeconds: 'never' },
  ],
  [
    'a token set deeper down, after one without a token',
    { ok: true, authed_user: { access_token: 'u', refresh_token: 'ur' } },
    { roots: ['', 'authed_user'] },
    { accessToken: 'u', refreshToken: 'ur' },
  ],
  [
    'a token set in a list',
    { data: [{ access_token: 'd' }] },
    { roots: ['data[0]'] },
    { accessToken: 'd' },
  ],
  [
    'an expiry instead of a lifetime',
    { expires_at: '1970-01-01T00:01:00Z' },
    { expiresIn: [{ path: 'expires_in' }, { path: 'expires_at', unit: 'iso' }] },
    { expiresInSeconds: 60 },
  ],
  [
    'a lifetime of zero that means never',
    { expires_in: 0 },
    { expiresIn: [{ path: 'expires_in', zeroMeansNever: true }] },
    { expiresInSeconds: null },
  ],
  ['a lifetime of zero that means zero', { expires_in: 0 }, {}, { expiresInSeconds: 0 }],
])('a token answer is normalised: %s', (_what, body, answer, expected) => {
  expect(normalise(body, shape(answer), clock)).toMatchObject(expected)
})

test('scopes are split at commas only if the preset says so', () => {
  expect(normalise({ scope: 'a,b, c' }, shape({}, ','), clock).scope).toEqual(['a', 'b', 'c'])
  expect(normalise({ scope: 'a,b' }, shape(), clock).scope).toEqual(['a,b'])
})

test.each<[string, string, string | null]>([
  ['a truncated answer', '{"refresh_token":"r-2","access_tok', 'r-2'],
  ['a truncated refresh token', '{"access_token":"a","refresh_token":"r-', null],
  ['an escaped refresh token', '{"refresh_token": "a\\/b\\u0041"', 'a/bA'],
  ['two different refresh tokens', '{"refresh_token":"a","u":{"refresh_token":"b"},', null],
  ['the same refresh token twice', '{"refresh_token":"a","refresh_token":"a"}', 'a'],
  ['a whole answer without an access token', '{"refresh_token":"r-2"}', 'r-2'],
  ['an empty refresh token', '{"refresh_token":""', null],
  ['HTML', '<html>refresh_token</html>', null],
])('a refresh token is salvaged from %s: %s', (_what, text, expected) => {
  expect(salvageRefreshToken(text, json(text), shape())).toBe(expected)
})

test('parsing of any bytes throws nothing and gives no NaN lifetime', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (body, isForm) => {
      const { text, value } = readBody(body, isForm ? FORM : 'application/json', null)
      const tokens = normalise(value, shape(), clock)
      salvageRefreshToken(text, value, shape())
      expect(Number.isNaN(tokens.expiresInSeconds ?? 0)).toBe(false)
    }),
  )
  fc.assert(
    fc.property(fc.json(), (text) => {
      normalise(json(text), shape({ roots: ['', 'a[0]'] }), clock)
    }),
  )
})

const GOOGLE: GrantedScope = {
  ...presetSchema.parse({ name: 'x' }).grantedScope,
  aliases: { email: ['https://g/userinfo.email'] },
}
const MICROSOFT: GrantedScope = {
  ...GOOGLE,
  aliases: {},
  unreported: ['openid', 'offline_access'],
  prefix: 'https://graph/',
  ignoreCase: true,
}

test.each<[string, string, string, GrantedScope, string]>([
  ['as requested', 'a b', 'a b', GOOGLE, 'a b'],
  ['fewer', 'a', 'a b', GOOGLE, 'a'],
  ['more', 'a b c', 'a', GOOGLE, 'a b c'],
  ['by another name', 'https://g/userinfo.email c', 'email c', GOOGLE, 'email c'],
  [
    'without the prefix',
    'User.Read',
    'https://graph/User.Read',
    MICROSOFT,
    'https://graph/User.Read',
  ],
  [
    'with the prefix and in another letter case',
    'https://graph/user.read',
    'User.Read',
    MICROSOFT,
    'User.Read',
  ],
  [
    'some scopes are never listed',
    'User.Read',
    'openid User.Read Mail.Read',
    MICROSOFT,
    'openid User.Read',
  ],
])(
  'granted scopes are mapped to requested scopes: %s',
  (_what, reported, requested, rules, expected) => {
    expect(grantedScopes(reported.split(' '), requested.split(' '), rules)).toEqual(
      expected.split(' '),
    )
  },
)

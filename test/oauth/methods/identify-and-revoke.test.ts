import { expect, test } from 'vitest'
import { Secret } from '../../../src/core/base/secret.ts'
import { BASIC, type Party, type Reply, speak } from '../dialect-kit.ts'
import { COMMON } from '../endpoint-kit.ts'

const identifyOnce = (party: Party, providerData = {}) =>
  party.endpoint.identify({ ...COMMON, providerData, accessToken: new Secret('at') })

test.each<[string, object, Reply, object, object]>([
  [
    'userinfo',
    {},
    { body: { sub: 'a', email: 'b@c' } },
    { kind: 'ok', account: { id: 'a', email: 'b@c', name: null } },
    { method: 'GET', headers: { authorization: 'Bearer at' } },
  ],
  [
    'a GraphQL query with its own header',
    {
      apiHeader: { name: 'X-Shopify-Access-Token', scheme: null },
      probe: { method: 'POST', format: 'json', params: { query: '{ shop { id } }' } },
      account: { id: 'data.shop.id' },
    },
    { body: { data: { shop: { id: 's1' } } } },
    { kind: 'ok', account: { id: 's1' } },
    {
      method: 'POST',
      body: '{"query":"{ shop { id } }"}',
      headers: { 'x-shopify-access-token': 'at' },
    },
  ],
  [
    'introspection by the client',
    {
      clientAuth: 'post',
      probe: { method: 'POST', auth: 'client', tokenParam: 'token' },
      account: { id: { joined: ['hub_id', 'user_id'], with: ':' } },
    },
    { body: { hub_id: 1, user_id: 2 } },
    { kind: 'ok', account: { id: '1:2' } },
    { form: { token: 'at', client_id: 'client-1', client_secret: 's3cret' } },
  ],
  [
    'the token in the query',
    { probe: { auth: 'none', format: 'query', tokenParam: 'access_token' }, account: { id: 'id' } },
    { body: { id: 9 } },
    { kind: 'ok', account: { id: '9' } },
    { query: { access_token: 'at' } },
  ],
  [
    'an answer with another 2xx status',
    { account: { id: 'username' } },
    { status: 201, body: { username: 'u' } },
    { kind: 'ok', account: { id: 'u' } },
    {},
  ],
  [
    'an answer whose body says that it failed',
    { probe: { success: { where: { ok: [true] } } } },
    { body: { ok: false, sub: 'a' } },
    { kind: 'unknown' },
    {},
  ],
  [
    'a value stored from an earlier answer',
    {
      keep: { team: { from: 'tokens', path: 'team' } },
      account: { id: { joined: ['$kept.team', 'user'], with: ':' } },
    },
    { body: { user: 'u' } },
    { kind: 'ok', account: { id: 'T1:u' } },
    {},
  ],
  ['an answer without an account', {}, { body: {} }, { kind: 'unknown' }, {}],
  ['an answer that is not JSON', {}, { body: '<html>' }, { kind: 'unknown' }, {}],
  ['an answer that rejects the scope', {}, { status: 403, body: {} }, { kind: 'unknown' }, {}],
  ['an answer of a failing provider', {}, { status: 502, body: '' }, { kind: 'unavailable' }, {}],
  [
    'an answer that says too many requests',
    {},
    { status: 429, body: '' },
    { kind: 'unavailable' },
    {},
  ],
])(
  'the account of an access token is looked up: %s',
  async (_what, settings, reply, expected, request) => {
    const { result, requests } = await speak(
      (url) => ({ userinfoEndpoint: `${url}/me`, ...settings }),
      { '/me': reply },
      (party) => identifyOnce(party, { team: 'T1' }),
    )
    expect(result).toMatchObject(expected)
    expect(requests[0]).toMatchObject(request)
  },
)

const revokeOnce = (party: Party, more = {}) =>
  party.endpoint.revoke({
    id: 'rev_1',
    ...COMMON,
    providerData: { user: '7' },
    refreshToken: new Secret('rt-1'),
    accessToken: new Secret('at-1'),
    attempts: 0,
    createdAt: 0,
    dueAt: 0,
    ...more,
  })

const revocable = (url: string) => ({ revocationEndpoint: `${url}/revoke` })

test('a revocation by RFC 7009 sends the refresh token first, with hints and client authentication', async () => {
  const { result, requests } = await speak(revocable, { '/revoke': { body: '' } }, revokeOnce)
  expect(result).toEqual({ kind: 'revoked' })
  expect(requests.map(({ form }) => form)).toEqual([
    { token: 'rt-1', token_type_hint: 'refresh_token' },
    { token: 'at-1', token_type_hint: 'access_token' },
  ])
  expect(requests[0]).toMatchObject({ method: 'POST', headers: { authorization: BASIC } })
})

test.each<[string, object, object]>([
  [
    'the access token alone, without a hint',
    { tokens: 'access', sendsHint: false },
    { form: { token: 'at-1' } },
  ],
  [
    'the refresh token alone, without client authentication',
    { tokens: 'any', auth: 'none', sendsHint: false },
    { form: { token: 'rt-1' }, headers: {} },
  ],
  [
    'DELETE with JSON, as at GitHub',
    {
      method: 'DELETE',
      format: 'json',
      tokens: 'access',
      sendsHint: false,
      tokenParam: 'access_token',
    },
    { method: 'DELETE', body: '{"access_token":"at-1"}', headers: { authorization: BASIC } },
  ],
  [
    'a request with the token itself as bearer',
    { auth: 'token', tokens: 'access', sendsHint: false, tokenParam: null },
    { headers: { authorization: 'Bearer at-1' }, form: {} },
  ],
  [
    'a request with the client secret behind its own scheme, as at Square',
    {
      auth: 'secret',
      scheme: 'Client',
      tokens: 'access',
      format: 'json',
      sendsHint: false,
      tokenParam: 'access_token',
      params: { client_id: '{clientId}' },
    },
    {
      headers: { authorization: 'Client s3cret' },
      body: '{"access_token":"at-1","client_id":"client-1"}',
    },
  ],
])('a revocation is sent as %s', async (_what, revocation, expected) => {
  const { result, requests } = await speak(
    (url) => ({ ...revocable(url), revocation }),
    { '/revoke': { body: '{}' } },
    revokeOnce,
  )
  expect(result).toEqual({ kind: 'revoked' })
  expect(requests).toHaveLength(1)
  expect(requests[0]).toMatchObject(expected)
})

const NOT_TAKEN = 'the provider did not take the revocation'

test.each<[string, Reply, object, object]>([
  ['an unknown token', { status: 400, body: { error: 'invalid_token' } }, {}, { kind: 'revoked' }],
  [
    'a status that means gone',
    { status: 404, body: '' },
    { goneStatuses: [404] },
    { kind: 'revoked' },
  ],
  [
    'a failure with 200',
    { body: { ok: false } },
    { success: { where: { ok: [true] } } },
    { kind: 'failed', detail: NOT_TAKEN, retryAfterMs: null },
  ],
  [
    'an unsupported type',
    { status: 400, body: { error: 'unsupported_token_type' } },
    {},
    { kind: 'unsupported' },
  ],
  ['405', { status: 405, body: '' }, {}, { kind: 'unsupported' }],
  ['503', { status: 503, body: '' }, {}, { kind: 'failed', detail: NOT_TAKEN, retryAfterMs: null }],
  [
    'a redirect',
    { status: 302, body: '' },
    {},
    { kind: 'failed', detail: NOT_TAKEN, retryAfterMs: null },
  ],
  [
    'a wrong secret',
    { status: 401, body: { error: 'invalid_client' } },
    {},
    { kind: 'failed', detail: 'the provider refuses the client', retryAfterMs: null },
  ],
])(
  'the outcome of a revocation is decided by the answer: %s',
  async (_what, reply, revocation, expected) => {
    const { result } = await speak(
      (url) => ({ ...revocable(url), revocation: { tokens: 'refresh', ...revocation } }),
      { '/revoke': reply },
      revokeOnce,
    )
    expect(result).toEqual(expected)
  },
)

test('a revocation is unsupported, and nothing is sent, if the provider has none', async () => {
  const { result, requests } = await speak(
    (url) => ({ ...revocable(url), revocation: null }),
    {},
    revokeOnce,
  )
  expect(result).toEqual({ kind: 'unsupported' })
  expect(requests).toEqual([])
})

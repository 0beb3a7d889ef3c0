import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

async function handIn(more: Record<string, unknown> = {}): Promise<string> {
  const body = {
    userId: '42',
    provider: 'acme',
    accessToken: 'at-1',
    refreshToken: 'rt-1',
    expiresInSeconds: 3600,
    scope: ['calendar'],
    ...more,
  }
  const { json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
  return String(json['id'])
}

async function keyWith(more: Record<string, unknown>): Promise<{ authorization: string }> {
  const body = { name: 'test', permissions: ['tokens:read'], ...more }
  const { json } = await api.ask({ method: 'POST', path: '/v1/keys', body })
  return { authorization: `Bearer ${String(json['key'])}` }
}

test('both token routes return the token with every documented field', async () => {
  const id = await handIn({ email: 'ann@example.com', accountId: 'acc-1' })
  api.now += 1_500
  const expected = {
    accessToken: 'at-1',
    tokenType: 'Bearer',
    tokenId: expect.stringMatching(/^t_/),
    expiresAt: new Date(START + 3_600_000).toISOString(),
    expiresInSeconds: 3598,
    scope: ['calendar'],
    missingScope: [],
    connectionId: id,
    provider: 'acme',
    userId: '42',
    account: { id: 'acc-1', email: 'ann@example.com', name: null },
    status: 'active',
    warnings: [],
    header: { name: 'Authorization', value: 'Bearer at-1' },
  }
  for (const path of [`/v1/connections/${id}/token`, '/v1/users/42/oauth/acme/token']) {
    const { status, headers, json } = await api.ask({ path })
    expect(status).toBe(200)
    expect(json).toEqual(expected)
    expect(Object.keys(json)).toEqual(Object.keys(expected))
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(headers['etag']).toBeUndefined()
  }
})

test('a token read after a change returns the new values', async () => {
  const id = await handIn()
  const path = `/v1/connections/${id}/token`
  const read = async () => (await api.ask({ path })).json
  expect(await read()).toMatchObject({ accessToken: 'at-1', expiresInSeconds: 3600 })
  api.now += 10_000
  expect(await read()).toMatchObject({ accessToken: 'at-1', expiresInSeconds: 3590 })
  await api.ask({ method: 'POST', path: `/v1/connections/${id}/refresh` })
  expect(await read()).toMatchObject({ accessToken: 'access-of-the-provider-1' })
  const body = { accessToken: 'at-2', refreshToken: 'rt-2' }
  await api.ask({ method: 'PATCH', path: `/v1/connections/${id}`, body })
  expect(await read()).toMatchObject({
    accessToken: 'at-2',
    expiresAt: null,
    expiresInSeconds: null,
  })
})

test('an expired token is refreshed before it is returned', async () => {
  const id = await handIn()
  api.now += 3_600_001
  const { json } = await api.ask({ path: `/v1/connections/${id}/token` })
  expect(json).toMatchObject({ accessToken: 'access-of-the-provider-1', expiresInSeconds: 3600 })
})

test('a report of a rejected token causes one refresh, and the token is not returned again', async () => {
  const id = await handIn()
  const path = `/v1/connections/${id}/token`
  const rejected = String((await api.ask({ path })).json['tokenId'])
  const { json } = await api.ask({ path: `${path}?rejected=${encodeURIComponent(rejected)}` })
  expect(json).toMatchObject({ accessToken: 'access-of-the-provider-1' })
  const late = await api.ask({ path: `${path}?rejected=${encodeURIComponent(rejected)}` })
  expect(late.json).toMatchObject({ accessToken: 'access-of-the-provider-1' })
})

test("a token read of a dead grant returns reconnect_required and the connection's id", async () => {
  api.endpoint.refresh = async () => ({ kind: 'grant_dead', detail: 'invalid_grant' })
  const id = await handIn()
  await api.ask({ method: 'POST', path: `/v1/connections/${id}/refresh` })
  const path = `/v1/connections/${id}/token`
  expect((await api.ask({ path })).json).toMatchObject({
    status: 'disconnected',
    warnings: ['reconnect_required'],
  })
  api.now += 3_700_000
  const { status, json } = await api.ask({ path })
  expect(status).toBe(409)
  expect(json).toMatchObject({
    type: 'urn:larder:problem:reconnect_required',
    code: 'reconnect_required',
    reason: 'revoked',
    nextAction: 'reauthorize',
    connectionId: id,
  })
  const elsewhere = [
    { path: '/v1/users/42/oauth/acme/token' },
    { method: 'POST', path: `/v1/connections/${id}/refresh` },
  ]
  for (const question of elsewhere) {
    const answer = await api.ask(question)
    expect(answer.json).toMatchObject({ code: 'reconnect_required', connectionId: id })
  }
})

test("the header of a token follows the provider's rules", async () => {
  await handIn({ provider: 'odd' })
  const { json } = await api.ask({ path: '/v1/users/42/oauth/odd/token' })
  expect(json['header']).toEqual({ name: 'X-Odd-Token', value: 'at-1' })
})

test('a token read for a user with several accounts returns an error with the list of accounts', async () => {
  const one = await handIn({ email: 'ann@example.com', accountId: 'acc-1' })
  api.now += 1
  const two = await handIn({
    email: 'bea@example.com',
    accountId: 'acc-2',
    refreshToken: 'rt-2',
    label: 'work',
  })
  const path = '/v1/users/42/oauth/acme/token'
  const { status, json } = await api.ask({ path })
  expect(status).toBe(409)
  expect(json).toMatchObject({
    code: 'several_accounts',
    accounts: [
      { connectionId: one, id: 'acc-1', email: 'ann@example.com', name: null },
      { connectionId: two, id: 'acc-2', email: 'bea@example.com', name: null },
    ],
  })
  for (const [account, id] of [
    ['acc-1', one],
    ['bea%40example.com', two],
    ['BEA@Example.com', two],
    ['work', two],
  ] as const) {
    expect((await api.ask({ path: `${path}?account=${account}` })).json).toMatchObject({
      connectionId: id,
    })
  }
  expect((await api.ask({ path: `${path}?account=nobody` })).status).toBe(404)
})

test.each(['a/b', 'ü😀', 'a b+c', '%2F', "'; drop table connection;--", '\u202e'.concat('x')])(
  'the user id "%s" works in a token path',
  async (userId) => {
    await handIn({ userId })
    const path = `/v1/users/${encodeURIComponent(userId)}/oauth/acme/token`
    const { status, json } = await api.ask({ path })
    expect({ status, userId: json['userId'] }).toEqual({ status: 200, userId })
  },
)

test.each(['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])(
  '%s on a token route is rejected with 405',
  async (method) => {
    const id = await handIn()
    let asked = 0
    api.endpoint.refresh = async () => {
      asked++
      return { kind: 'not_sent', detail: 'refused' }
    }
    api.now += 3_600_001
    for (const path of [`/v1/connections/${id}/token`, '/v1/users/42/oauth/acme/token']) {
      const { status, headers, text } = await api.askUnchecked({ method, path })
      expect({ status, allow: headers['allow'] }).toEqual({ status: 405, allow: 'GET' })
      expect(text).not.toContain('at-1')
    }
    expect(asked).toBe(0)
  },
)

describe('an app that polls a thousand times', () => {
  test.each([
    ['a dead grant', { kind: 'grant_dead', detail: 'invalid_grant' }, 409],
    ['a misconfigured client', { kind: 'client_config', detail: 'invalid_client' }, 502],
    ['a throttling provider', { kind: 'throttled', detail: '429', retryAfterMs: 60_000 }, 503],
  ] as const)(
    'a thousand polls for the token of %s are answered at once, with one refresh in all',
    async (_, outcome, status) => {
      let asked = 0
      api.endpoint.refresh = async () => {
        asked++
        return outcome
      }
      const id = await handIn()
      api.now += 3_600_001
      const path = `/v1/connections/${id}/token`
      expect((await api.ask({ path })).status).toBe(status)
      expect(asked).toBe(1)
      const begun = performance.now()
      for (let polls = 0; polls < 1_000; polls += 20) {
        const answers = await Promise.all(Array.from({ length: 20 }, () => api.ask({ path })))
        expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]))
      }
      expect(asked).toBe(1)
      expect(performance.now() - begun).toBeLessThan(30_000)
    },
  )
})

test('an API key is accepted only in the Authorization header', async () => {
  const id = await handIn()
  const { authorization } = await keyWith({})
  const key = encodeURIComponent(authorization.slice('Bearer '.length))
  for (const path of [`?access_token=${key}`, `?key=${key}`]) {
    const question = { path: `/v1/connections/${id}/token${path}`, headers: { authorization: '' } }
    expect((await api.ask(question)).status).toBe(401)
  }
  const basic = { authorization: `Basic ${Buffer.from(`:${key}`).toString('base64')}` }
  expect((await api.ask({ path: `/v1/connections/${id}/token`, headers: basic })).status).toBe(401)
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const begin = (more: Record<string, unknown> = {}) =>
  api.ask({
    method: 'POST',
    path: '/v1/authorizations',
    body: {
      userId: '42',
      provider: 'acme',
      callbackUrl: 'https://app.example.com/oauth/callback',
      email: 'ann@example.com',
      state: 'mine',
      ...more,
    },
  })

const complete = (body: Record<string, unknown>) =>
  api.ask({ method: 'POST', path: '/v1/authorizations/complete', body })

describe('a flow whose callback is at the app', () => {
  test('the app can begin a flow and complete it at its own callback', async () => {
    const begun = await begin()
    expect(begun.status).toBe(201)
    const { url, state, expiresAt } = begun.json
    expect(new URL(String(url)).searchParams.get('state')).toBe(state)
    expect(Date.parse(String(expiresAt))).toBeGreaterThan(START)
    const done = { userId: '42', state, code: 'a-code', name: 'Ann' }
    const { status, json } = await complete(done)
    expect(status).toBe(200)
    expect(json).toMatchObject({
      userId: '42',
      status: 'active',
      appState: 'mine',
      account: { id: 'acc-1', email: 'user-1@example.com', name: 'Ann' },
    })
    expect((await complete(done)).status).toBe(400)
  })

  test('a rejected code is answered with invalid_grant', async () => {
    api.endpoint.exchange = async () => ({ kind: 'code_rejected', detail: 'invalid_grant' })
    const { state } = (await begin()).json
    const { status, json } = await complete({ userId: '42', state, code: 'bad' })
    expect(status).toBe(400)
    expect(json).toMatchObject({ code: 'invalid_request', reason: 'invalid_grant' })
  })

  test('a flow completed for another user is refused, and its code is not redeemed', async () => {
    let redeemed = 0
    api.endpoint.exchange = async () => {
      redeemed++
      return { kind: 'code_rejected', detail: 'invalid_grant' }
    }
    const { state } = (await begin()).json
    const { json } = await complete({ userId: '43', state, code: 'a-code' })
    expect(json).toMatchObject({ code: 'confirmation_refused' })
    expect(redeemed).toBe(0)
  })

  test.each([
    ['email', { email: 'not an address' }],
    ['callbackUrl', { callbackUrl: 'https://evil.example/callback' }],
    ['callbackUrl', { callbackUrl: '/callback' }],
    ['provider', { provider: 'nobody' }],
  ])(
    'an authorization with a bad %s is rejected, and the error names the field',
    async (name, more) => {
      const { status, json } = await begin(more)
      expect(status).toBe(400)
      expect(json['errors']).toEqual([{ in: 'body', name, detail: expect.any(String) }])
    },
  )

  test.each<[string, (query: string) => unknown]>([
    ['its whole URL', (query) => `https://app.example.com/oauth/callback?${query}#_=_`],
    ['its path', (query) => `/oauth/callback?${query}`],
    ['its query or posted form', (query) => query],
    ['its fields', (query) => Object.fromEntries(new URLSearchParams(query))],
    [
      'its fields, some of them lists',
      (query) => ({ ...Object.fromEntries(new URLSearchParams(query)), scope: ['a b', 'c'] }),
    ],
  ])('an authorization can be completed with the callback as %s', async (_, callbackOf) => {
    const { state } = (await begin()).json
    const seen: ReadonlyMap<string, string>[] = []
    const { exchange } = api.endpoint
    api.endpoint.exchange = async (request) => {
      seen.push(request.callback)
      return exchange(request)
    }
    const code = 'x'.repeat(8_000)
    const query = `code=${code}&state=${String(state)}&realmId=46&accounts-server=https%3A%2F%2Fa.example&scope=a+b&hmac=~`
    const { status } = await complete({ userId: '42', callback: callbackOf(query) })
    expect(status).toBe(200)
    expect(seen.map((callback) => Object.fromEntries(callback))).toEqual([
      {
        code,
        state,
        realmId: '46',
        'accounts-server': 'https://a.example',
        scope: 'a b',
        hmac: '~',
      },
    ])
  })

  test.each<[string, Record<string, unknown>, string[]]>([
    ['without anything', {}, ['state', 'code']],
    ['without a state', { callback: '?code=c' }, ['callback.state']],
    ['without a code', { callback: { state: 's' } }, ['callback.code']],
    ['with two states', { callback: '?code=c&state=s&state=t' }, ['callback.state']],
    ['with two codes', { callback: { code: ['c', 'd'], state: 's' } }, ['callback.code']],
    ['together with state', { callback: '?code=c&state=s', state: 's' }, ['callback']],
    ['of another type', { callback: 7 }, ['callback']],
    ['with nested fields', { callback: { state: 's', code: { a: 'b' } } }, ['callback']],
    ['that is too long', { callback: `?state=s&code=${'x'.repeat(12_288)}` }, ['callback']],
  ])(
    'an authorization with a callback %s is rejected, and the error names the field',
    async (_, more, names) => {
      const { status, json } = await complete({ userId: '42', ...more })
      expect(status).toBe(400)
      const errors = json['errors'] as { name: string }[]
      expect(errors.map(({ name }) => name)).toEqual(names)
    },
  )

  test('completing an authorization needs a code or an error', async () => {
    const { json } = await complete({ userId: '42', state: 's' })
    expect(json['errors']).toEqual([
      { in: 'body', name: 'code', detail: 'is required without error' },
    ])
    const { state } = (await begin()).json
    const refused = await complete({ userId: '42', state, error: 'access_denied' })
    expect(refused.json).toMatchObject({ code: 'invalid_request', reason: 'reject' })
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { itemsOf } from '../support/ask.ts'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const path = '/v1/users/42/oauth/acme'
const body = {
  accessToken: 'at-1',
  refreshToken: 'rt-1',
  scope: ['calendar'],
  expiresAt: START + 3_600_000,
  email: 'ann@example.com',
}

const post = (more: Record<string, unknown> = {}) =>
  api.ask({ method: 'POST', path, body: { ...body, ...more } })

async function keyWith(more: Record<string, unknown>): Promise<{ authorization: string }> {
  const { json } = await api.ask({
    method: 'POST',
    path: '/v1/keys',
    body: { name: 'test', permissions: ['connections:read', 'connections:write'], ...more },
  })
  return { authorization: `Bearer ${String(json['key'])}` }
}

describe("a user's connection at a provider", () => {
  test("a user's connection is created, replaced, read, listed and deleted", async () => {
    const { status, json } = await post()
    expect(status).toBe(201)
    expect(json).toMatchObject({
      provider: 'acme',
      accessToken: 'at-1',
      refreshToken: null,
      email: 'ann@example.com',
      expiresAt: new Date(START + 3_600_000).toISOString(),
      scope: ['calendar'],
      alive: true,
      userId: '42',
      status: 'active',
    })
    const replaced = await post({ accessToken: 'at-2', refreshToken: 'rt-2' })
    expect(replaced.status).toBe(200)
    expect(replaced.json).toMatchObject({ id: json['id'], accessToken: 'at-2' })
    expect((await api.ask({ path })).json).toEqual(replaced.json)

    const list = await api.ask({ path: '/v1/users/42/oauth' })
    expect(itemsOf(list)).toEqual([{ ...replaced.json, accessToken: null }])
    expect((await api.ask({ method: 'DELETE', path })).json).toEqual({ revocation: 'queued' })
    expect((await api.ask({ path })).status).toBe(404)
    expect((await api.ask({ path: '/v1/users/42/oauth' })).json).toEqual({ items: [] })
  })

  test("a user's connection shows a live token to keys that may read tokens", async () => {
    await post()
    const headers = await keyWith({})
    expect((await api.ask({ path, headers })).json).toMatchObject({ accessToken: null })
    const reader = await keyWith({ permissions: ['connections:read', 'tokens:read'] })
    expect((await api.ask({ path, headers: reader })).json).toMatchObject({ accessToken: 'at-1' })
    api.now += 3_600_000
    expect((await api.ask({ path })).json).toMatchObject({ accessToken: null, alive: false })
  })

  test("the import of a user's connection needs an access token and scopes", async () => {
    const { json } = await api.ask({ method: 'POST', path, body: { email: '' } })
    expect(json['errors']).toEqual([
      { in: 'body', name: 'accessToken', detail: 'is required' },
      { in: 'body', name: 'scope', detail: 'is required' },
      { in: 'body', name: 'email', detail: 'must have 1 to 256 characters' },
    ])
  })

  test("a user's connection at a provider that is not configured gives 404", async () => {
    const nobody = '/v1/users/42/oauth/nobody'
    expect((await api.ask({ method: 'POST', path: nobody, body })).status).toBe(404)
    expect((await api.ask({ method: 'POST', path: `${nobody}/link` })).status).toBe(404)
    expect((await api.ask({ path: nobody })).status).toBe(404)
    expect((await api.ask({ method: 'DELETE', path: nobody })).status).toBe(404)
  })
})

test('deleting a user deletes all connections and reports each revocation', async () => {
  await post()
  api.now += 1
  await api.ask({ method: 'POST', path: '/v1/users/42/oauth/odd', body })
  await api.ask({
    method: 'POST',
    path: '/v1/users/43/oauth/odd',
    body: { ...body, refreshToken: 'x' },
  })
  const { json } = await api.ask({ method: 'DELETE', path: '/v1/users/42' })
  expect(json['connections']).toEqual([
    { id: expect.any(String), provider: 'acme', revocation: 'queued' },
    { id: expect.any(String), provider: 'odd', revocation: 'unsupported' },
  ])
  expect((await api.ask({ path: '/v1/users/42/oauth' })).json).toEqual({ items: [] })
  expect(itemsOf(await api.ask({ path: '/v1/users/43/oauth' }))).toHaveLength(1)
  const unknown = await api.ask({ method: 'DELETE', path: '/v1/users/42' })
  expect(unknown.json).toEqual({ connections: [] })
})

describe('a narrowed key', () => {
  beforeEach(async () => {
    for (const userId of ['tenant-a:1', 'tenant-b:1', 'tenant-a:2']) {
      for (const provider of ['acme', 'odd']) {
        api.now += 1
        await api.ask({
          method: 'POST',
          path: `/v1/users/${userId}/oauth/${provider}`,
          body: { ...body, refreshToken: `${userId} ${provider}` },
        })
      }
    }
  })

  const everything = [
    'connections:read',
    'connections:write',
    'links:write',
    'tokens:read',
    'events:read',
  ]

  test('a narrowed key sees only its own users and providers in every list', async () => {
    const headers = await keyWith({
      permissions: everything,
      providers: ['acme'],
      userIdPrefix: 'tenant-a:',
    })
    const list = await api.ask({ path: '/v1/connections?limit=1', headers })
    expect(itemsOf(list)).toMatchObject([{ userId: 'tenant-a:1', provider: 'acme' }])
    const rest = `/v1/connections?cursor=${String(list.json['nextCursor'])}`
    const next = await api.ask({ path: rest, headers })
    expect(itemsOf(next)).toMatchObject([{ userId: 'tenant-a:2', provider: 'acme' }])
    expect(next.json['nextCursor']).toBeNull()
    const own = await api.ask({ path: '/v1/users/tenant-a:1/oauth', headers })
    expect(itemsOf(own)).toMatchObject([{ provider: 'acme' }])
    expect(itemsOf(await api.ask({ path: '/v1/providers', headers }))).toMatchObject([
      { id: 'acme' },
    ])
    const events = itemsOf(await api.ask({ path: '/v1/events', headers }))
    expect(events.map(({ data }) => data)).toMatchObject([
      { connection: { userId: 'tenant-a:1', provider: 'acme' } },
      { connection: { userId: 'tenant-a:2', provider: 'acme' } },
    ])
  })

  test.each([
    ['GET', '/v1/users/tenant-b:1/oauth', undefined],
    ['GET', '/v1/users/tenant-b:1/oauth/acme', undefined],
    ['GET', '/v1/users/tenant-a:1/oauth/odd', undefined],
    ['GET', '/v1/users/tenant-a:1/oauth/odd/token', undefined],
    ['GET', '/v1/users/tenant-b:1/oauth/acme/token', undefined],
    ['DELETE', '/v1/users/tenant-b:1', undefined],
    ['DELETE', '/v1/users/tenant-a:1/oauth/odd', undefined],
    ['GET', '/v1/connections?userId=tenant-b:1', undefined],
    ['GET', '/v1/connections?provider=odd', undefined],
    ['POST', '/v1/users/tenant-b:1/oauth/acme', body],
    ['POST', '/v1/users/tenant-a:1/oauth/odd', body],
    ['POST', '/v1/users/tenant-a:1/oauth/odd/link', undefined],
    ['POST', '/v1/connections', { userId: 'tenant-b:1', provider: 'acme', accessToken: 'a' }],
    ['POST', '/v1/connections', { userId: 'tenant-a:1', provider: 'odd', accessToken: 'a' }],
    ['POST', '/v1/connect-links', { userId: 'tenant-b:1', provider: 'acme' }],
    ['POST', '/v1/connect-links', { userId: 'tenant-a:1', providers: ['acme', 'odd'] }],
    [
      'POST',
      '/v1/authorizations',
      { userId: 'tenant-b:1', provider: 'acme', callbackUrl: 'https://app.example.com/oauth' },
    ],
  ])('%s %s is out of reach of a narrowed key and gives 404', async (method, where, sent) => {
    const headers = await keyWith({
      permissions: everything,
      providers: ['acme'],
      userIdPrefix: 'tenant-a:',
    })
    const answer = await api.ask({ method, path: where, headers, body: sent })
    expect({ status: answer.status, code: answer.json['code'] }).toEqual({
      status: 404,
      code: 'not_found',
    })
  })

  test("a narrowed key gets 404 for the id of another tenant's connection", async () => {
    const other = itemsOf(await api.ask({ path: '/v1/users/tenant-b:1/oauth' }))[0]?.['id']
    const headers = await keyWith({ permissions: everything, userIdPrefix: 'tenant-a:' })
    for (const [method, rest] of [
      ['GET', ''],
      ['GET', '/token'],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/refresh'],
    ] as const) {
      const answer = await api.ask({
        method,
        path: `/v1/connections/${String(other)}${rest}`,
        headers,
      })
      expect(answer.status).toBe(404)
    }
    const link = { userId: 'tenant-a:1', provider: 'acme', connectionId: other }
    const made = await api.ask({ method: 'POST', path: '/v1/connect-links', headers, body: link })
    expect(made.status).toBe(404)
  })
})

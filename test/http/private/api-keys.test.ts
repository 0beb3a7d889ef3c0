import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { recordingObserver } from '../../support/recording-observer.ts'
import { itemsOf } from '../support/ask.ts'
import { openVaultApi, ROOT_KEY, START, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

async function makeKey(more: Record<string, unknown> = {}) {
  const body = { name: 'reader', permissions: ['tokens:read', 'tokens:read'], ...more }
  const { status, json } = await api.ask({ method: 'POST', path: '/v1/keys', body })
  return { status, json, headers: { authorization: `Bearer ${String(json['key'])}` } }
}

describe('API keys', () => {
  test('an API key is shown once and works until it is revoked', async () => {
    const { status, json, headers } = await makeKey({ providers: null })
    expect(status).toBe(201)
    expect(json).toEqual({
      id: expect.stringMatching(/^key_/),
      name: 'reader',
      permissions: ['tokens:read'],
      providers: null,
      userIdPrefix: null,
      createdAt: new Date(START).toISOString(),
      revokedAt: null,
      key: expect.any(String),
    })
    const { key, ...kept } = json
    const list = await api.ask({ path: '/v1/keys' })
    expect(itemsOf(list)).toEqual([kept])
    expect(list.text).not.toContain(String(key))
    expect((await api.ask({ path: '/openapi.json', headers })).status).toBe(200)
    const path = `/v1/keys/${String(json['id'])}`
    expect((await api.ask({ method: 'DELETE', path })).status).toBe(204)
    expect((await api.ask({ path: '/openapi.json', headers })).status).toBe(401)
    expect((await api.ask({ method: 'DELETE', path })).status).toBe(404)
    expect(itemsOf(await api.ask({ path: '/v1/keys' }))).toMatchObject([
      { revokedAt: new Date(START).toISOString() },
    ])
  })

  test('API keys are listed in pages, each once, with revoked ones', async () => {
    const made: string[] = []
    for (let n = 0; n < 5; n++) {
      const { json } = await makeKey()
      made.push(String(json['id']))
    }
    await api.ask({ method: 'DELETE', path: `/v1/keys/${made[1]}` })
    const listed: unknown[] = []
    let cursor: string | null = null
    do {
      const path: string = `/v1/keys?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`
      const page = await api.ask({ path })
      expect(itemsOf(page).length).toBeLessThanOrEqual(2)
      listed.push(...itemsOf(page).map(({ id }) => id))
      cursor = page.json['nextCursor'] as string | null
    } while (cursor !== null)
    // Ids made in the same millisecond are in no order.
    expect(listed).toEqual(made.toSorted())
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['cursor=x', 'cursor'],
    ['cursor=con_01jd0000000000000000000000', 'cursor'],
    ['page=2', 'page'],
  ])('a listing of API keys with ?%s is rejected', async (query, name) => {
    const { status, json } = await api.ask({ path: `/v1/keys?${query}` })
    expect(status).toBe(400)
    expect(json['errors']).toMatchObject([{ in: 'query', name }])
  })

  test('two API keys can be valid at the same time', async () => {
    const [one, two] = [await makeKey(), await makeKey()]
    for (const { headers } of [one, two]) {
      expect((await api.ask({ path: '/v1/providers', headers })).status).toBe(200)
    }
  })

  test.each([
    [{ permissions: [] }, 'permissions'],
    [{ permissions: ['root'] }, 'permissions.0'],
    [{ userIdPrefix: 'tenant' }, 'userIdPrefix'],
    [{ providers: [] }, 'providers'],
    [{ name: '' }, 'name'],
  ])('an API key with %j is rejected', async (more, name) => {
    const { status, json } = await makeKey(more)
    expect(status).toBe(400)
    expect(json['errors']).toMatchObject([{ in: 'body', name }])
  })

  test('the log names the key that created, deleted or revoked something', async () => {
    const { observer, observed } = recordingObserver()
    Object.assign(api.ports, { observer })
    const { json, headers } = await makeKey({ permissions: ['admin'] })
    const key = String(json['id'])
    const body = { accessToken: 'at', refreshToken: 'rt', scope: [] }
    const path = '/v1/users/ann/oauth/acme'
    const { id } = (await api.ask({ method: 'POST', path, headers, body })).json
    await api.ask({ method: 'DELETE', path: `/v1/connections/${String(id)}`, headers })
    await api.ask({ method: 'DELETE', path: '/v1/users/ann', headers })
    await api.ask({ method: 'DELETE', path: `/v1/keys/${key}` })
    expect(observed.filter(({ about }) => 'by' in about)).toEqual([
      { what: 'keyCreated', about: { key, by: 'bootstrap' } },
      { what: 'deleted', about: { id, provider: 'acme', by: key } },
      { what: 'userDeleted', about: { connections: 0, by: key } },
      { what: 'keyRevoked', about: { key, by: 'bootstrap' } },
    ])
  })

  test('a narrowed key cannot create a wider key', async () => {
    const { headers } = await makeKey({ permissions: ['admin'], userIdPrefix: 'a:' })
    const body = { name: 'wide', permissions: ['admin'] }
    const { status } = await api.ask({ method: 'POST', path: '/v1/keys', headers, body })
    expect(status).toBe(403)
  })
})

test('the API key of the settings has the permission admin', async () => {
  const lower = { authorization: `bearer ${ROOT_KEY}` }
  expect((await api.ask({ path: '/v1/keys', headers: lower })).status).toBe(200)
})

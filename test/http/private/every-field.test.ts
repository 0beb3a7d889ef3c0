import { afterAll, beforeAll, expect, test } from 'vitest'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeAll(async () => {
  api = await openVaultApi()
})

afterAll(() => api[Symbol.asyncDispose]())

const SCRIPT = 'javascript:alert(1)'
const EVIL = 'https://evil.example/'
const LINKS = '/v1/connect-links'
const FLOWS = '/v1/authorizations'
const IMPORTS = '/v1/connections'

const names = (json: Record<string, unknown>) =>
  (json['errors'] as readonly { name: string }[]).map(({ name }) => name).toSorted()

test.each<[string, object, readonly string[]]>([
  [
    FLOWS,
    { userId: '', provider: 'nope', callbackUrl: SCRIPT },
    ['callbackUrl', 'provider', 'userId'],
  ],
  [FLOWS, { userId: '1', provider: 'nope', callbackUrl: EVIL }, ['callbackUrl', 'provider']],
  [
    FLOWS,
    { provider: 'acme', callbackUrl: EVIL, nonsense: 1 },
    ['callbackUrl', 'nonsense', 'userId'],
  ],
  [
    FLOWS,
    { userId: '', provider: 'acme', callbackUrl: EVIL, params: { region: 'x' } },
    ['callbackUrl', 'params.region', 'userId'],
  ],
  [
    LINKS,
    { userId: '', provider: 'nope', redirectUrl: SCRIPT },
    ['provider', 'redirectUrl', 'userId'],
  ],
  [LINKS, { userId: '1', provider: 'nope', redirectUrl: EVIL }, ['provider', 'redirectUrl']],
  [
    LINKS,
    { userId: '', providers: ['acme', 'nope', 'none'], redirectUrl: EVIL, ttlSeconds: 1 },
    ['providers.1', 'providers.2', 'redirectUrl', 'ttlSeconds', 'userId'],
  ],
  [LINKS, { userId: '1', providers: ['nope', 'none'] }, ['providers.0', 'providers.1']],
  ['/v1/users/1/oauth/acme/link', { email: 'x', redirectUrl: SCRIPT }, ['email', 'redirectUrl']],
  [
    IMPORTS,
    { userId: '', provider: 'nope', accessToken: 'é' },
    ['accessToken', 'provider', 'userId'],
  ],
  [
    IMPORTS,
    { userId: '', provider: 'acme', accessToken: 'at', params: { region: 'x' } },
    ['params.region', 'userId'],
  ],
])('POST %s with %j names every bad field at once', async (path, body, expected) => {
  const { status, json } = await api.ask({ method: 'POST', path, body })
  expect(status).toBe(400)
  expect(names(json)).toEqual(expected)
})

test('each item of a batch names all its bad fields at once', async () => {
  const items = [{ userId: '', provider: 'nope', accessToken: 'at' }]
  const { json } = await api.ask({ method: 'POST', path: `${IMPORTS}/batch`, body: { items } })
  const [line] = json['items'] as readonly { problem: Record<string, unknown> }[]
  expect(names(line?.problem ?? {})).toEqual(['provider', 'userId'])
})

test('a narrowed key gets the same errors for a provider out of its reach as for an unknown provider', async () => {
  const key = { name: 'narrow', permissions: ['links:write'], providers: ['odd'] }
  const { json } = await api.ask({ method: 'POST', path: '/v1/keys', body: key })
  const headers = { authorization: `Bearer ${String(json['key'])}` }
  const told = async (provider: string) => {
    const body = { userId: '', provider, callbackUrl: SCRIPT }
    const answer = await api.ask({ method: 'POST', path: FLOWS, body, headers })
    return [answer.status, answer.json['errors']]
  }
  expect(await told('acme')).toEqual(await told('nope'))
})

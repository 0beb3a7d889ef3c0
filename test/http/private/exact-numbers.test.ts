import { afterAll, beforeAll, expect, test } from 'vitest'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeAll(async () => {
  api = await openVaultApi()
})

afterAll(() => api[Symbol.asyncDispose]())

const NUMBERS =
  '{"id":12345678901234567890,"near":12345678901234567891,"list":[[9007199254740993,-9007199254740993]],"inner":{"one":1.0,"large":1e400,"small":-1E-400,"zero":-0,"long":0.10000000000000000001},"plain":[1,-2.5,1e+21]}'

const importOf = (userId: string) =>
  `{"userId":"${userId}","provider":"acme","accessToken":"at-${userId}","refreshToken":"rt-${userId}","metadata":${NUMBERS}}`

async function shown(id: string): Promise<string> {
  return (await api.ask({ path: `/v1/connections/${id}` })).text
}

async function made(userId: string, body: string): Promise<string> {
  const answer = await api.ask({ method: 'POST', path: '/v1/connections', body })
  expect(answer.status).toBe(201)
  expect(answer.text, userId).toContain(`"metadata":${NUMBERS}`)
  return String(answer.json['id'])
}

test('the API returns numbers in imported metadata with their original digits', async () => {
  const id = await made('n-1', importOf('n-1'))
  expect(await shown(id)).toContain(`"metadata":${NUMBERS}`)
  const ofUser = await api.ask({ path: '/v1/users/n-1/oauth' })
  expect(ofUser.text).toContain(`"metadata":${NUMBERS}`)
  const events = await api.ask({ path: '/v1/events' })
  expect(events.text).toContain(`"metadata":${NUMBERS}`)
})

test('a batch keeps the digits of numbers in metadata', async () => {
  const body = `{"items":[${importOf('n-2')}]}`
  const { json } = await api.ask({ method: 'POST', path: '/v1/connections/batch', body })
  const [item] = json['items'] as { connectionId: string }[]
  expect(await shown(item?.connectionId ?? '')).toContain(`"metadata":${NUMBERS}`)
})

test('a PATCH keeps the digits of numbers in metadata', async () => {
  const id = await made('n-3', importOf('n-3'))
  const metadata = '{"changed":[98765432109876543210,2.50]}'
  const body = `{"metadata":${metadata}}`
  const changed = await api.ask({ method: 'PATCH', path: `/v1/connections/${id}`, body })
  expect(changed.text).toContain(`"metadata":${metadata}`)
  expect(await shown(id)).toContain(`"metadata":${metadata}`)
})

test.each(['3600.0', '3.6e3'])('expiresInSeconds may be written as %s', async (seconds) => {
  const body = `{"userId":"n-${seconds}","provider":"acme","accessToken":"at-${seconds}","expiresInSeconds":${seconds}}`
  const { status, json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
  expect(status).toBe(201)
  expect(Date.parse(String(json['expiresAt'])) - api.now).toBe(3_600_000)
})

test.each([
  ['{"userId":1.0,"provider":"acme","accessToken":"a"}', 'body userId'],
  ['{"userId":"u","provider":"acme","accessToken":"a","metadata":1.0}', 'body metadata'],
  [
    '{"userId":"u","provider":"acme","accessToken":"a","expiresInSeconds":1e400}',
    'body expiresInSeconds',
  ],
  ['{"userId":"u","provider":"acme","accessToken":"a","client":{"id":1.0}}', 'body client.id'],
  [
    '{"userId":"u","provider":"acme","accessToken":"a","params":{"tenant":1.0}}',
    'body params.tenant',
  ],
])('a number in a field of another type is rejected: %s', async (body, field) => {
  const { status, json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
  expect(status).toBe(400)
  const errors = json['errors'] as { in: string; name: string }[]
  expect(errors.map((error) => `${error.in} ${error.name}`)).toEqual([field])
})

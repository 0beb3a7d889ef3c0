import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/http/private/endpoint.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeAll(async () => {
  api = await openVaultApi()
})

afterAll(() => api[Symbol.asyncDispose]())

const IN_PATHS = ['.', '..', '%2e', '%2E', '%2e%2e', '.%2e', '%2E.']
const IN_VALUES = ['.', '..']

const takesIt = (place: 'params' | 'query' | 'body') => (endpoint: Endpoint) =>
  Object.hasOwn(endpoint[place].shape, 'userId')
const routes = (place: 'params' | 'query' | 'body') =>
  privateEndpoints
    .filter(takesIt(place))
    .map((endpoint) => [`${endpoint.method.toUpperCase()} ${endpoint.path}`, endpoint] as const)
const fill = (path: string) => path.replaceAll(/\{\w+\}/g, 'acme')

const refusal = (place: string, name: string) =>
  expect.objectContaining({ in: place, name, detail: 'must not be . or ..: no path can name it' })

test.each(routes('params'))(
  '%s rejects a user id in its path that is a dot segment',
  async (...row) => {
    const [, { method, path }] = row
    for (const id of IN_PATHS) {
      const filled = fill(path.replace('{userId}', id))
      const body = method === 'post' ? {} : undefined
      const { status, json } = await api.ask({ method: method.toUpperCase(), path: filled, body })
      expect({ id, status }).toEqual({ id, status: 400 })
      expect(json['errors']).toContainEqual(refusal('path', 'userId'))
    }
  },
)

test.each(routes('query'))(
  '%s rejects a user id in its query that is a dot segment',
  async (...row) => {
    for (const id of [...IN_VALUES, '%2e%2e']) {
      const { status, json } = await api.ask({ path: `${fill(row[1].path)}?userId=${id}` })
      expect(status).toBe(400)
      expect(json['errors']).toContainEqual(refusal('query', 'userId'))
    }
  },
)

test.each(routes('body'))(
  '%s rejects a user id in its body that is a dot segment',
  async (...row) => {
    const [, { method, path }] = row
    for (const userId of IN_VALUES) {
      const asked = { method: method.toUpperCase(), path: fill(path), body: { userId } }
      const { status, json } = await api.ask(asked)
      expect(status).toBe(400)
      expect(json['errors']).toContainEqual(refusal('body', 'userId'))
    }
  },
)

const item = (userId: string) => ({
  userId,
  provider: 'acme',
  accessToken: `at-${userId}`,
  scope: [],
})

test('a batch rejects only the item whose user id is a dot segment', async () => {
  const { json } = await api.ask({
    method: 'POST',
    path: '/v1/connections/batch',
    body: { items: [item('..'), item('...')] },
  })
  expect(json['items']).toMatchObject([{ outcome: 'refused' }, { outcome: 'created' }])
})

test.each(['...', '.a', '..a', 'a.', '%2e', '../../..', '../'])(
  'the user id "%s" is accepted, because a path can contain it',
  async (userId) => {
    const path = `/v1/users/${encodeURIComponent(userId)}/oauth/acme`
    const { status, json } = await api.ask({
      method: 'POST',
      path,
      body: { accessToken: 'at-1', scope: [] },
    })
    expect({ status, userId: json['userId'] }).toEqual({ status: 201, userId })
  },
)

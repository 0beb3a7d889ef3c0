import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { itemsOf } from '../support/ask.ts'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

test('the event list continues from the cursor of the last page', async () => {
  for (const userId of ['a', 'b', 'c']) {
    const body = { accessToken: 'at', refreshToken: `rt-${userId}`, scope: [] }
    await api.ask({ method: 'POST', path: `/v1/users/${userId}/oauth/acme`, body })
  }
  const first = await api.ask({ path: '/v1/events?limit=2' })
  expect(itemsOf(first)).toMatchObject([
    { type: 'connection.created', data: { connection: { userId: 'a', accessToken: null } } },
    { type: 'connection.created', data: { connection: { userId: 'b' } } },
  ])
  const after = String(first.json['nextCursor'])
  const second = await api.ask({ path: `/v1/events?after=${after}` })
  expect(itemsOf(second)).toMatchObject([{ data: { connection: { userId: 'c' } } }])
  const end = String(second.json['nextCursor'])
  expect((await api.ask({ path: `/v1/events?after=${end}` })).json).toEqual({
    items: [],
    nextCursor: end,
  })
  expect((await api.ask({ path: '/v1/events?after=yesterday' })).status).toBe(400)
})

test('the list of providers shows what can be connected, and no data of the OAuth client', async () => {
  const { json } = await api.ask({ path: '/v1/providers' })
  expect(json['items']).toMatchObject([
    {
      id: 'acme',
      name: 'Acme',
      connectsBy: 'link',
      scopes: ['calendar'],
      params: {
        tenant: { description: 'Whose', pattern: '[a-z]+', required: false, default: null },
      },
      redirectUri: 'http://localhost:7421/callback/acme',
    },
    { id: 'odd' },
  ])
})

describe('routes', () => {
  test.each(['/', '/v1', '/v1/', '/v1/connections/', '/V1/connections', '/v1/users//oauth'])(
    'a request to the unknown path %s gives 404',
    async (path) => {
      const { status, json } = await api.askUnchecked({ path })
      expect({ status, code: json['code'] }).toEqual({ status: 404, code: 'not_found' })
    },
  )

  test.each([
    ['PUT', '/v1/connections', 'HEAD, GET, POST'],
    ['OPTIONS', '/v1/connections/con_1', 'HEAD, GET, DELETE, PATCH'],
    ['GET', '/v1/authorizations', 'POST'],
    ['HEAD', '/v1/connect-links', 'POST'],
    ['GET', '/v1/connections/batch', 'POST'],
    ['HEAD', '/v1/connections/batch', 'POST'],
    ['OPTIONS', '/v1/connections/batch', 'POST'],
    ['PATCH', '/v1/connections/batch', 'POST'],
    ['DELETE', '/v1/connections/batch', 'POST'],
    ['PROPFIND', '/livez', 'HEAD, GET'],
  ])('%s %s is rejected with 405 and the allowed methods', async (method, path, allow) => {
    const { status, headers } = await api.askUnchecked({ method, path })
    expect({ status, allow: headers['allow'] }).toEqual({ status: 405, allow })
    expect(Object.keys(headers).join()).not.toContain('access-control')
  })

  test('an answer to a request without an API key does not reveal which routes exist', async () => {
    const headers = { authorization: '' }
    for (const path of ['/nothing', '/console', '/v1/connections']) {
      expect((await api.askUnchecked({ path, method: 'PUT', headers })).status).toBe(401)
    }
  })

  test('the private listener does not have the routes of the public listener', async () => {
    for (const path of ['/connect/x', '/callback/acme', '/robots.txt']) {
      expect((await api.askUnchecked({ path })).status).toBe(404)
    }
  })
})

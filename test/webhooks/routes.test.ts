import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { keepWebhooks } from '../../src/vault/webhooks/keep-webhooks.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { openWebhooks } from '../../src/webhooks/deliver.ts'
import { itemsOf } from '../http/support/ask.ts'
import { openVaultApi, START, type VaultApi } from '../http/support/vault-api.ts'
import { makeEndpoint, SECRET } from './make-endpoint.ts'
import { openReceiver, type Receiver, verified } from './receiver.ts'

let api: VaultApi
let receiver: Receiver

beforeEach(async () => {
  receiver = await openReceiver()
  api = await openVaultApi()
  const endpoints = [
    makeEndpoint(receiver.url),
    makeEndpoint('https://crm.example.com/hooks', {
      id: 'crm',
      types: new Set(['connection.deleted'] as const),
      providers: new Set(['acme' as ProviderId]),
    }),
  ]
  const webhooks = openWebhooks({ endpoints, clock: api.ports.clock, deadlineMs: 1_000 })
  Object.assign(api.ports, { webhooks })
  await keepWebhooks(api.ports)
})

afterEach(async () => {
  await api[Symbol.asyncDispose]()
  await receiver.close()
})

async function connect(userId: string): Promise<void> {
  const body = { accessToken: 'canary-access', refreshToken: `canary-${userId}`, scope: [] }
  await api.ask({ method: 'POST', path: `/v1/users/${userId}/oauth/acme`, body })
}

async function deliver(): Promise<void> {
  const [endpoint] = api.ports.webhooks.endpoints
  if (endpoint === undefined) throw new Error('no endpoint')
  while ((await deliverWebhook(api.ports, endpoint)) > 0);
}

const post = (path: string, body?: unknown) =>
  api.ask({ method: 'POST', path: `/v1/webhooks/${path}`, ...(body === undefined ? {} : { body }) })

test('GET /v1/webhooks shows settings and state of each webhook, without secrets', async () => {
  await connect('ann')
  const list = await api.ask({ path: '/v1/webhooks' })
  expect(itemsOf(list)).toEqual([
    {
      id: 'app',
      url: receiver.url.replace(/\?.*/, ''),
      types: null,
      providers: null,
      status: 'active',
      disabled: null,
      failures: 0,
      failingSince: null,
      nextAttemptAt: null,
      lastFailure: null,
      lastAcceptedAt: null,
      cursor: '0',
      behind: 1,
      held: 0,
      lost: 0,
      replay: null,
    },
    expect.objectContaining({
      id: 'crm',
      types: ['connection.deleted'],
      providers: ['acme'],
    }),
  ])
  expect(list.text).not.toContain('whsec')
  expect(list.text).not.toContain('of-the-receiver')
})

test('a delivered body equals the event of GET /v1/events byte for byte', async () => {
  await connect('ann')
  await connect('ben')
  await deliver()
  const events = await api.ask({ path: '/v1/events' })
  expect(events.text).toContain(`"items":[${receiver.deliveries.map(({ body }) => body).join()}]`)
  for (const delivery of receiver.deliveries) {
    expect(delivery.body).not.toContain('canary')
    expect(delivery.headers['webhook-timestamp']).toBe(String(START / 1000))
  }
})

test('a failing webhook is shown in the list and in /healthz, and can be enabled', async () => {
  receiver.react = () => 503
  await connect('ann')
  await deliver()
  const [failing] = itemsOf(await api.ask({ path: '/v1/webhooks' }))
  const now = new Date(START).toISOString()
  expect(failing).toMatchObject({
    status: 'failing',
    failures: 1,
    failingSince: now,
    nextAttemptAt: expect.stringMatching(/^2026/),
    lastFailure: { at: now, detail: 'http_503' },
    cursor: '1',
    behind: 0,
    held: 1,
  })
  const health = await api.ask({ path: '/healthz' })
  expect(health.status).toBe(200)
  expect(health.json['webhooks']).toMatchObject([
    { id: 'app', state: 'failing', since: now, behind: 0, held: 1, lost: 0 },
    { id: 'crm', state: 'active', since: null, retryAt: null, behind: 1 },
  ])
  receiver.react = () => 410
  expect((await post('app/enable')).json).toMatchObject({ status: 'active', nextAttemptAt: null })
  await deliver()
  expect(itemsOf(await api.ask({ path: '/v1/webhooks' }))).toMatchObject([
    { status: 'disabled', disabled: { reason: 'gone', at: now }, nextAttemptAt: null },
    { status: 'active' },
  ])
  receiver.react = () => 204
  await post('app/enable')
  await deliver()
  expect(receiver.accepted()).toEqual(['ann'])
})

test('a replay accepts times, or cursors of the events route', async () => {
  for (const user of ['ann', 'ben', 'cat']) {
    api.now += 60_000
    await connect(user)
  }
  await deliver()
  const page = await api.ask({ path: '/v1/events?limit=1' })
  const after = page.json['nextCursor']
  receiver.deliveries.length = 0
  const begun = await post('app/replay', { after, before: null })
  expect(begun).toMatchObject({ status: 200, json: { replay: { after: '1', before: '3' } } })
  await deliver()
  expect(receiver.users().toSorted()).toEqual(['ben', 'cat'])
  const times = {
    after: new Date(START + 120_000).toISOString(),
    before: new Date(START + 180_000).toISOString(),
  }
  expect((await post('app/replay', times)).json).toMatchObject({
    replay: { after: '1', before: '2' },
  })
  await deliver()
  expect(receiver.users().at(-1)).toBe('ben')
})

test.each([
  [{}, 'after'],
  [{ after: 'yesterday' }, 'after'],
  [{ after: 7 }, 'after'],
  [{ after: '1', before: '-1' }, 'before'],
  [{ after: '2', before: '1' }, 'before'],
  [{ after: '1', until: '2' }, 'until'],
])('a replay with the body %j returns 400 and names the field', async (body, name) => {
  const { status, json } = await post('app/replay', body)
  expect(status).toBe(400)
  expect(json['errors']).toMatchObject([{ in: 'body', name }])
})

test('a request for an unknown webhook returns 404', async () => {
  for (const id of ['nobody', 'con_1', '%2e%2e']) {
    expect((await post(`${id}/enable`)).status).toBe(404)
    expect((await post(`${id}/replay`, { after: '1' })).status).toBe(404)
  }
})

test('a key without admin, or limited to a provider, gets 403 from all webhook routes', async () => {
  const keys = [
    { permissions: ['events:read', 'connections:write'] },
    { permissions: ['admin'], providers: ['acme'] },
  ]
  for (const more of keys) {
    const body = { name: 'some', ...more }
    const { json } = await api.ask({ method: 'POST', path: '/v1/keys', body })
    const headers = { authorization: `Bearer ${String(json['key'])}` }
    for (const path of ['/v1/webhooks', '/v1/webhooks/app/enable', '/v1/webhooks/app/replay']) {
      const method = path === '/v1/webhooks' ? 'GET' : 'POST'
      const answer = await api.ask({
        method,
        path,
        headers,
        ...(method === 'POST' && { body: {} }),
      })
      expect(answer.status).toBe(403)
    }
  }
})

test('the svix package verifies a webhook delivery', async () => {
  api.now = Date.now()
  await connect('ann')
  await deliver()
  const [delivery] = receiver.deliveries
  if (delivery === undefined) throw new Error('nothing came')
  expect(verified(delivery, SECRET)).toMatchObject({ type: 'connection.created' })
})

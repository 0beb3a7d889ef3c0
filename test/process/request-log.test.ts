import { expect, onTestFinished, test } from 'vitest'
import { LarderApi } from '../support/larder-api.ts'
import { makeInstallation, startLarderProcess } from '../support/larder-process.ts'
import { until } from '../support/until.ts'

async function start(level: string) {
  const configuration = 'providers: { google: { clientId: g, clientSecret: s } }'
  const environment = { LARDER_LOG_LEVEL: level }
  const at = await makeInstallation({ configuration, environment })
  onTestFinished(() => at[Symbol.asyncDispose]())
  const larder = await startLarderProcess(at)
  onTestFinished(() => larder[Symbol.asyncDispose]())
  return { at, larder, api: new LarderApi(at) }
}

test('at level debug, each request is logged with method, route, status, duration, key and request id', async () => {
  const { at, larder, api } = await start('debug')
  const asked = [
    ['GET', '/v1/users/canary-user/oauth/google/token?account=canary-account', 404],
    ['GET', '/v1/users/canary-user/oauth/google/token', 404],
    ['GET', '/v1/canary-route?canary-query=1', 404],
    ['GET', '/v1/providers', 200],
    ['DELETE', '/v1/providers', 405],
  ] as const
  const ids: unknown[] = []
  for (const [method, path, status] of asked) {
    const answer = await api.ask(method, path)
    expect(answer.status).toBe(status)
    ids.push((answer.body as { requestId?: string })?.requestId ?? null)
  }
  const stranger = await fetch(`${at.privateUrl}/v1/providers`, {
    headers: { authorization: 'Bearer canary-key' },
  })
  ids.push(((await stranger.json()) as { requestId: string }).requestId)
  const lines = async () =>
    (await larder.output())
      .split('\n')
      .filter((line) => line.includes('"event":"request.answered"') && !line.includes('/readyz'))
      .map((line) => JSON.parse(line) as unknown)
  await until('all requests to be logged', async () => (await lines()).length === asked.length + 1)
  const token = 'GET /v1/users/{userId}/oauth/{provider}/token'
  const common = { level: 'debug', durationMs: expect.any(Number) }
  expect(await lines()).toMatchObject([
    { ...common, method: 'GET', route: token, status: 404, keyId: 'bootstrap', requestId: ids[0] },
    { ...common, method: 'GET', route: token, status: 404, keyId: 'bootstrap', requestId: ids[1] },
    { ...common, route: 'no route', status: 404, keyId: 'bootstrap', requestId: ids[2] },
    { ...common, route: 'GET /v1/providers', status: 200, keyId: 'bootstrap', requestId: null },
    { ...common, method: 'DELETE', route: 'no route', status: 405, requestId: ids[4] },
    { ...common, route: 'GET /v1/providers', status: 401, keyId: null, requestId: ids[5] },
  ])
  expect(await larder.output()).not.toContain('canary')
  expect(await larder.output()).not.toContain(at.apiKey)
})

test('a key with only metrics:read can read /metrics with its version metrics, and gets 403 elsewhere', async () => {
  const { at, api } = await start('info')
  const made = await api.post('/v1/keys', { name: 'prometheus', permissions: ['metrics:read'] })
  const { key } = made.body as { readonly key: string }
  const ask = (path: string) =>
    fetch(at.privateUrl + path, { headers: { authorization: `Bearer ${key}` } })
  const scraped = await ask('/metrics')
  expect(scraped.status).toBe(200)
  expect(await scraped.text()).toContain(
    `larder_build_info{version="0.1.0",node="${process.version}"} 1`,
  )
  for (const path of [
    '/v1/connections',
    '/v1/users/42/oauth/google/token',
    '/v1/events',
    '/v1/keys',
  ]) {
    expect((await ask(path)).status).toBe(403)
  }
})

test('at level info, no request is logged', async () => {
  const { larder, api } = await start('info')
  await api.get('/v1/providers')
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
  expect(await larder.output()).toContain('process.stopped')
  expect(await larder.output()).not.toContain('request.answered')
})

test('the error for a refused redirect URL or an unknown provider names the setting to change', async () => {
  const { api } = await start('info')
  const demand = { userId: '42', provider: 'google', redirectUrl: 'https://app.example/done' }
  const refused = await api.post('/v1/connect-links', demand)
  expect(refused.text).toContain('redirectUrls in larder.yaml or to LARDER_REDIRECT_URLS')
  const flow = { userId: '42', provider: 'google', callbackUrl: 'https://app.example/done' }
  const begun = await api.post('/v1/authorizations', flow)
  expect(begun.text).toContain('redirectUrls in larder.yaml or to LARDER_REDIRECT_URLS')
  const answers = [
    await api.post('/v1/connect-links', { userId: '42', provider: 'slack' }),
    await api.post('/v1/authorizations', { ...flow, provider: 'slack' }),
    await api.post('/v1/connections', {
      userId: '42',
      provider: 'slack',
      accessToken: 'a',
      scope: [],
    }),
    await api.post('/v1/users/42/oauth/slack/link'),
    await api.post('/v1/users/42/oauth/slack', { accessToken: 'a', scope: [] }),
  ]
  for (const { status, text } of answers) {
    expect([400, 404]).toContain(status)
    expect(text).toContain('LARDER_<ID>_CLIENT_ID')
  }
})

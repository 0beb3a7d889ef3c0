import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StoreError, VaultError } from '../../../src/core/base/errors.ts'
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

const away = async () => {
  throw new StoreError('unreachable', new Error('canary'))
}

describe('probes and metrics', () => {
  const open = { authorization: '' }

  test.each(['GET', 'HEAD'])('probes answer %s without an API key', async (method) => {
    for (const path of ['/livez', '/readyz']) {
      const { status, text } = await api.askUnchecked({ method, path, headers: open })
      expect(status).toBe(200)
      expect(text === '').toBe(method === 'HEAD')
    }
  })

  test.each(['disk_full', 'read_only', 'io_error', 'locked', 'corrupt', 'unreachable'] as const)(
    '/readyz and /healthz report why the database cannot be written: %s',
    async (reason) => {
      api.ports.store.sharedProbe = async () => {
        throw new StoreError(reason, new Error('of SQLite'))
      }
      const { status, json } = await api.ask({ path: '/readyz', headers: open })
      expect({ status, json }).toEqual({ status: 503, json: { ready: false, reason } })
      const health = await api.ask({ path: '/healthz' })
      expect(health.status).toBe(503)
      expect(health.json).toMatchObject({ ok: false, database: { ok: false, reason } })
    },
  )

  test('10,000 calls of /readyz by 32 callers write to the database once a second, and reads continue', async () => {
    const body = { accessToken: 'at', refreshToken: 'rt', scope: [] }
    const made = await api.ask({ method: 'POST', path: '/v1/users/ann/oauth/acme', body })
    const readToken = { path: `/v1/connections/${String(made.json['id'])}/token` }
    await api.ask({ path: '/readyz', headers: open })
    const log = () => readFileSync(join(api.dataDir, 'larder.db-wal'))
    const written = log()
    let left = 10_000
    const call = async () => {
      while (left-- > 0) {
        // All calls fall within one second, because repeating a heartbeat would not change the log.
        if (left % 12 === 0) api.now++
        expect((await fetch(`${api.address}/readyz`)).status).toBe(200)
      }
    }
    const calling = Promise.all(Array.from({ length: 32 }, call))
    for (let n = 0; n < 50; n++) expect((await api.ask(readToken)).status).toBe(200)
    await calling
    for (const path of ['/healthz', '/readyz']) expect((await api.ask({ path })).status).toBe(200)
    expect(log().equals(written)).toBe(true)
    api.now += 1_000
    await api.ask({ path: '/readyz', headers: open })
    expect(log().equals(written)).toBe(false)
  })

  test('/readyz reports within a second that the database has become unwritable or writable again', async () => {
    expect((await api.ask({ path: '/readyz', headers: open })).status).toBe(200)
    const holder = new Database(join(api.dataDir, 'larder.db'))
    holder.exec('begin immediate')
    api.now += 1_000
    const { status, json } = await api.ask({ path: '/readyz', headers: open })
    expect({ status, json }).toEqual({ status: 503, json: { ready: false, reason: 'locked' } })
    holder.close()
    api.now += 1_000
    expect((await api.ask({ path: '/readyz', headers: open })).status).toBe(200)
  })

  test('/healthz reports null for values that it cannot read from the database', async () => {
    api.ports.store.sharedProbe = away
    api.ports.store.census = away
    api.ports.store.webhookStates = away
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(503)
    expect(json).toMatchObject({
      ok: false,
      stopping: false,
      database: { ok: false, reason: 'unreachable' },
      oldestOverdueMs: null,
      revocationsQueued: null,
      connections: null,
      webhooks: null,
    })
  })

  test('/healthz of a stopping process reports stopping and a healthy database', async () => {
    Object.assign(api.ports.pulse, { stopping: true })
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(503)
    expect(json).toMatchObject({ ok: false, stopping: true, database: { ok: true, reason: null } })
  })

  test('/healthz reports which job has been running for how long, and when the last scan ended', async () => {
    const jobs = [
      { name: 'refresh-due', lastEndedAt: START, runningForMs: 90_000 },
      { name: 'sweep', lastEndedAt: null, runningForMs: null },
    ]
    Object.assign(api.ports.pulse, { jobs })
    const { json } = await api.ask({ path: '/healthz' })
    const at = new Date(START).toISOString()
    expect(json['scheduler']).toEqual({
      lastScanAt: at,
      lagMs: 0,
      jobs: [
        { name: 'refresh-due', lastEndedAt: at, runningForMs: 90_000 },
        { name: 'sweep', lastEndedAt: null, runningForMs: null },
      ],
    })
  })

  test('/healthz reports the state of database, key, journal and each provider', async () => {
    const { status, json } = await api.ask({ path: '/healthz' })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      ok: true,
      version: '0.0.0-test',
      database: { ok: true, reason: null },
      key: { ok: true },
      journal: { waiting: 0 },
      providers: [
        { id: 'acme', state: 'ok', since: null, retryAt: null },
        { id: 'odd', state: 'ok' },
      ],
    })
  })

  test('/metrics answers in text format', async () => {
    const { headers, text } = await api.ask({ path: '/metrics' })
    expect(headers['content-type']).toBe('text/plain; version=0.0.4')
    expect(text).toBe('up 1\n')
  })
})

describe('requests that fail', () => {
  test('an unexpected error is answered and logged with the same request id', async () => {
    const canary = 'canary-4711'
    api.ports.store.listConnections = async () => {
      throw new Error(canary, { cause: new Error(canary) })
    }
    const { status, json, text, headers } = await api.ask({ path: '/v1/connections' })
    expect(status).toBe(500)
    expect(json).toMatchObject({ code: 'internal', title: 'Internal error' })
    expect(text + JSON.stringify(headers)).not.toContain(canary)
    expect(api.failures).toMatchObject([
      { requestId: json['requestId'], route: 'GET /v1/connections', error: { message: canary } },
    ])
  })

  test('the detail of an internal error is not sent to the caller', async () => {
    api.ports.store.listConnections = async () => {
      throw new VaultError('internal', 'canary-4711')
    }
    const { text } = await api.ask({ path: '/v1/connections' })
    expect(text).not.toContain('canary')
  })

  test('a database error is answered with 503 and Retry-After', async () => {
    api.ports.store.listConnections = async () => {
      throw new StoreError('locked', new Error('canary-4711'))
    }
    const { status, json, headers, text } = await api.ask({ path: '/v1/connections' })
    expect(status).toBe(503)
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
    expect(json).toMatchObject({
      code: 'storage_unavailable',
      reason: 'locked',
      nextAction: 'retry',
    })
    expect(text).not.toContain('canary')
    expect(api.failures).toMatchObject([{ route: 'GET /v1/connections' }])
  })

  test('every problem has its own request id', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => (await api.ask({ path: '/v1/connections/x' })).json['requestId']),
    )
    expect(new Set(ids).size).toBe(3)
  })
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

test('the API key of the settings has the permission admin', async () => {
  const lower = { authorization: `bearer ${ROOT_KEY}` }
  expect((await api.ask({ path: '/v1/keys', headers: lower })).status).toBe(200)
})

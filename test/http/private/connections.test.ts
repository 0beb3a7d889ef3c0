import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answered, itemsOf } from '../support/ask.ts'
import { START, openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const HOUR = 3_600_000

async function handIn(more: Record<string, unknown> = {}) {
  const body = {
    userId: 'u-1',
    provider: 'acme',
    accessToken: 'at-1',
    refreshToken: 'rt-1',
    ...more,
  }
  const { status, json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
  return { status, json, id: String(json['id']) }
}

test('an import creates a connection, and an equal import changes nothing', async () => {
  const first = await handIn({
    expiresInSeconds: 3600,
    scope: ['calendar'],
    email: 'ann@example.com',
    accountId: 'acc-9',
    label: 'work',
    metadata: { plan: null },
  })
  expect(first.status).toBe(201)
  expect(first.json).toEqual({
    id: expect.stringMatching(/^con_/),
    userId: 'u-1',
    provider: 'acme',
    label: 'work',
    account: { id: 'acc-9', email: 'ann@example.com', name: null },
    email: 'ann@example.com',
    status: 'active',
    alive: true,
    scope: ['calendar'],
    missingScope: [],
    expiresAt: new Date(START + HOUR).toISOString(),
    grantExpiresAt: null,
    accessToken: null,
    refreshToken: null,
    refreshable: true,
    nextRefreshAt: expect.any(String),
    lastRefreshedAt: null,
    failure: null,
    metadata: { plan: null },
    providerData: {},
    createdAt: new Date(START).toISOString(),
    updatedAt: new Date(START).toISOString(),
    warnings: [],
  })
  const again = await handIn({ accountId: 'acc-9' })
  expect(again).toMatchObject({ status: 200, id: first.id })
})

test.each([
  ['ISO 8601', new Date(START + HOUR).toISOString()],
  ['ISO 8601 with an offset', '2026-11-22T14:00:00+01:00'],
  ['seconds', (START + HOUR) / 1000],
  ['milliseconds', START + HOUR],
  ['seconds as text', String((START + HOUR) / 1000)],
  ['milliseconds as text', String(START + HOUR)],
  ['text printed by Postgres', '2026-11-22 13:00:00+00'],
  ['text printed by Postgres with microseconds', '2026-11-22 13:00:00.000000+00'],
  ['text printed by Postgres in India', '2026-11-22 18:30:00+05:30'],
  ['text printed by Postgres in Newfoundland', '2026-11-22 09:30:00-03:30'],
  ['ISO 8601 without colons in the offset', '2026-11-22T14:00:00+0100'],
  ['text printed by Ruby', '2026-11-22 13:00:00 +0000'],
  ['text printed by Rails', '2026-11-22 13:00:00 UTC'],
  ['RFC 3339 in lower case', '2026-11-22t13:00:00z'],
])('an import accepts expiresAt as %s', async (_form, expiresAt) => {
  const { json } = await handIn({ expiresAt })
  expect(json['expiresAt']).toBe(new Date(START + HOUR).toISOString())
})

test.each([
  ['2026-11-22 13:00:00', /^has no time zone, .*2026-11-30 12:00:00\+00/],
  ['2026-11-22 13:00', /^has no time zone/],
  ['2026-02-30 13:00:00+00', /^is no day or time of the calendar/],
  ['2026-11-22T25:00:00Z', /^is no day or time/],
  ['2026-11-22T13:00:00+00:99', /^is no day or time/],
  ['infinity', /^must be a time such as 2026-11-30T12:00:00Z/],
  ['22.11.2026', /^must be a time such as/],
  ['Sun Nov 22 13:00:00 2026 UTC', /^must be a time such as/],
  ['', /^must be a time such as/],
  [true, /^must be a time such as/],
  ['1815-12-10 00:00:00+00', /^must lie between the years 1970 and 9999/],
  [1e300, /^must lie between/],
  [-1, /^must lie between/],
])(
  'an import with expiresAt %s is rejected, and the error names the fault and an example',
  async (expiresAt, detail) => {
    const { status, json } = await handIn({ expiresAt })
    expect(status).toBe(400)
    expect(json['errors']).toEqual([
      { in: 'body', name: 'expiresAt', detail: expect.stringMatching(detail) },
    ])
  },
)

test.each([
  ['expiresAt', { expiresAt: (START - 1000) / 1000 }],
  ['expiresAt, now', { expiresAt: START }],
  ['expiresInSeconds', { expiresInSeconds: 0 }],
])(
  'an import without a refresh token is rejected if the access token has expired by %s',
  async (_field, end) => {
    const tokens = { accessToken: 'at-1', refreshToken: null, ...end }
    const line = { ...tokens, userId: 'ended', provider: 'acme' }
    const wanted = {
      code: 'invalid_request',
      detail: 'the access token has expired, and there is no refresh token',
      reason: 'invalid_grant',
      nextAction: 'reauthorize',
      errors: [
        { in: 'body', name: 'refreshToken', detail: expect.stringContaining('is required') },
      ],
    }
    const { status, json } = await handIn(line)
    expect(status).toBe(400)
    expect(json).toMatchObject(wanted)
    const batch = await api.ask({
      method: 'POST',
      path: '/v1/connections/batch',
      body: { items: [line] },
    })
    expect(batch.json['items']).toMatchObject([{ outcome: 'refused', problem: wanted }])
    const expiresAt = START / 1000
    const user = await api.ask({
      method: 'POST',
      path: '/v1/users/ended/oauth/acme',
      body: { accessToken: 'at-1', scope: [], expiresAt },
    })
    expect(user.json).toMatchObject(wanted)
    expect((await api.ask({ path: '/v1/connections' })).json).toEqual({
      items: [],
      nextCursor: null,
    })
  },
)

test('a repeated batch item stays unchanged after its access token has expired', async () => {
  const line = { userId: 'u', provider: 'acme', accessToken: 'alone', expiresAt: START + HOUR }
  const post = () =>
    api.ask({ method: 'POST', path: '/v1/connections/batch', body: { items: [line] } })
  expect((await post()).json['items']).toMatchObject([{ outcome: 'created' }])
  api.now += 2 * HOUR
  expect((await post()).json['items']).toMatchObject([{ outcome: 'unchanged' }])
})

test('a null field of an import counts as absent', async () => {
  const nulls = Object.fromEntries(
    ['scope', 'expiresAt', 'expiresInSeconds', 'email', 'accountId', 'client', 'params', 'label']
      .concat('metadata')
      .map((name) => [name, null]),
  )
  expect((await handIn(nulls)).status).toBe(201)
})

test('an import with a dead refresh token is rejected and leaves no connection', async () => {
  api.endpoint.refresh = async () => ({ kind: 'grant_dead', detail: 'invalid_grant' })
  const { status, json } = await handIn({ accessToken: null })
  expect(status).toBe(400)
  expect(json).toMatchObject({ code: 'invalid_request', reason: 'invalid_grant' })
  expect((await api.ask({ path: '/v1/connections' })).json).toEqual({ items: [], nextCursor: null })
})

test.each([
  ['a provider that is not configured', { provider: 'nobody' }, 'provider'],
  ['a parameter that the provider lacks', { params: { redirect_uri: 'x' } }, 'params.redirect_uri'],
  ['a parameter of another form', { params: { tenant: 'A1' } }, 'params.tenant'],
])('an import with %s is rejected, and the error names the field', async (_case, more, name) => {
  const { status, json } = await handIn(more)
  expect(status).toBe(400)
  expect(json['errors']).toEqual([{ in: 'body', name, detail: expect.any(String) }])
})

test('a listing is filtered, and its pages neither repeat nor skip a connection', async () => {
  for (const userId of ['a', 'b', 'a/ü%20/😀', 'c']) {
    api.now += 1
    await handIn({ userId, refreshToken: `rt-${userId.length}-${userId}`.replace(/[^ -~]/g, 'x') })
  }
  const seen: unknown[] = []
  let path: string | null = '/v1/connections?limit=2'
  for (let page = 0; path !== null; page++) {
    expect(page).toBeLessThan(3)
    const answer: Answered = await api.ask({ path })
    seen.push(...itemsOf(answer).map(({ userId }) => userId))
    const cursor = answer.json['nextCursor']
    path = typeof cursor === 'string' ? `/v1/connections?limit=2&cursor=${cursor}` : null
  }
  expect(seen).toEqual(['a', 'b', 'a/ü%20/😀', 'c'])
  const users = async (query: string) => {
    const answer = await api.ask({ path: `/v1/connections?${query}` })
    return itemsOf(answer).map(({ userId }) => userId)
  }
  expect(await users('userId=b')).toEqual(['b'])
  expect(await users(`userId=${encodeURIComponent('a/ü%20/😀')}`)).toEqual(['a/ü%20/😀'])
  expect(await users('status=disconnected')).toEqual([])
  expect(await users('provider=odd')).toEqual([])
  expect(await users(`expiringBefore=${START + 1}`)).toEqual([])
  expect((await api.ask({ path: '/v1/connections?cursor=con_1' })).status).toBe(400)
})

describe('one connection', () => {
  let id: string
  beforeEach(async () => {
    id = (await handIn({ label: 'work', metadata: { a: 1 } })).id
  })

  test('a connection is read by its id, and an unknown id gives 404', async () => {
    expect((await api.ask({ path: `/v1/connections/${id}` })).json).toMatchObject({ id })
    for (const other of ['con_1', `${id.slice(0, -1)}~`, 'lnk_01jd9z0000000000000000000a', '%20']) {
      const { status, json } = await api.ask({ path: `/v1/connections/${other}` })
      expect({ status, code: json['code'] }).toEqual({ status: 404, code: 'not_found' })
    }
  })

  const change = (body: unknown) =>
    api.ask({ method: 'PATCH', path: `/v1/connections/${id}`, body })

  test('a PATCH keeps fields that it does not name, and null counts as absent', async () => {
    const { json } = await change({ metadata: { b: null }, label: null })
    expect(json).toMatchObject({ label: 'work', metadata: { b: null } })
    expect((await change({})).json).toMatchObject({ label: 'work', metadata: { b: null } })
    expect((await change({ label: '' })).json).toMatchObject({ label: null })
  })

  test('a PATCH accepts new tokens', async () => {
    const { status, json } = await change({ accessToken: 'at-2', refreshToken: 'rt-2' })
    expect(status).toBe(200)
    expect(json).toMatchObject({ id, status: 'active', accessToken: null })
  })

  test('a forced refresh returns the connection, or 503 with Retry-After', async () => {
    const path = `/v1/connections/${id}/refresh`
    const { json } = await api.ask({ method: 'POST', path })
    expect(json).toMatchObject({ id, lastRefreshedAt: new Date(START).toISOString() })
    api.endpoint.refresh = async () => ({ kind: 'throttled', detail: '429', retryAfterMs: 90_000 })
    const throttled = await api.ask({ method: 'POST', path, body: {} })
    expect(throttled.status).toBe(503)
    expect(throttled.json).toMatchObject({ code: 'provider_unavailable', nextAction: 'retry' })
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThanOrEqual(90)
  })

  test.each([
    ['', 'queued'],
    ['?revoke=true', 'queued'],
    ['?revoke=false', 'skipped'],
  ])('a DELETE with the query "%s" deletes the connection at once', async (query, revocation) => {
    const path = `/v1/connections/${id}${query}`
    expect((await api.ask({ method: 'DELETE', path })).json).toEqual({ revocation })
    expect((await api.ask({ method: 'DELETE', path })).status).toBe(404)
    expect((await api.ask({ path: `/v1/connections/${id}` })).status).toBe(404)
  })
})

test('no response contains a refresh token or a client secret', async () => {
  const canary = 'canary-of-this-test'
  const client = { id: 'own', secret: canary }
  api.endpoint.refresh = async () => ({ kind: 'grant_dead', detail: 'invalid_grant' })
  const { id } = await handIn({ refreshToken: canary, client })
  const answers = await Promise.all(
    [`/v1/connections/${id}`, '/v1/connections', '/v1/users/u-1/oauth', '/v1/events', '/healthz']
      .concat(`/v1/connections/${id}/token`, '/v1/users/u-1/oauth/acme')
      .map((path) => api.ask({ path })),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  expect(JSON.stringify(answers)).not.toContain(canary)
})

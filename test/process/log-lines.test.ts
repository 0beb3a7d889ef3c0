import { expect, test } from 'vitest'
import { StoreError, VaultError } from '../../src/core/base/errors.ts'
import { google, id, listening } from './listening.ts'

test('a log event is one JSON line with level, time, event, fields and a constant message', () => {
  const { events, last } = listening()
  events.refreshFailed({ id, provider: google, outcome: 'grant_dead', detail: 'invalid_grant' })
  expect(last()).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    event: 'refresh.failed',
    id,
    provider: 'google',
    outcome: 'grant_dead',
    detail: 'invalid_grant',
    msg: 'refresh failed',
  })
})

test('log events below the log level are not logged but still counted', async () => {
  const { events, lines } = listening('warn')
  events.refreshed({ id, provider: google, generation: 2 })
  expect(lines).toEqual([])
  const { body } = await events.metrics.scrape()
  expect(body).toContain('larder_refreshes_total{provider="google",outcome="ok"} 1')
})

test('a token read is counted and not logged', async () => {
  const { events, lines } = listening()
  for (let read = 0; read < 3; read++) events.tokenServed({ provider: google, how: 'cache' })
  events.tokenServed({ provider: google, how: 'refresh' })
  expect(lines).toEqual([])
  const scrape = async () => (await events.metrics.scrape()).body
  expect(await scrape()).toContain(
    'larder_tokens_served_total{provider="google",outcome="cache"} 3',
  )
  events.tokenServed({ provider: google, how: 'cache' })
  expect(await scrape()).toContain(
    'larder_tokens_served_total{provider="google",outcome="cache"} 4',
  )
})

test('an error is logged with its name, code and place in the code, never with its message', () => {
  const { events, lines, last } = listening()
  const body = '{"refresh_token":"canary-1"}\n    at canary (file:///canary-2.ts:1:1)'
  const cause = new StoreError('disk_full', Object.assign(new Error('canary-3'), { code: 'EIO' }))
  events.requestFailed({
    requestId: 'r-1',
    route: '/v1/connections/{id}',
    error: new SyntaxError(`Unexpected token in ${body}`, { cause }),
  })
  expect(last()).toMatchObject({
    event: 'request.failed',
    requestId: 'r-1',
    fault: {
      name: 'SyntaxError',
      cause: { name: 'StoreError', reason: 'disk_full', cause: { name: 'Error', code: 'EIO' } },
    },
  })
  expect(last()).toHaveProperty('fault.at.0', expect.stringMatching(/^test\/.*:\d+:\d+$/))
  expect(lines.join()).not.toContain('canary')
})

test.each([
  ['provider_unavailable', 'the metadata of the issuer cannot be fetched'],
  ['provider_misconfigured', 'the issuer answers no metadata'],
] as const)(
  'a request that fails with %s is logged as a warning with its detail and not counted as an internal error',
  async (code, detail) => {
    const { events, last } = listening()
    const route = 'POST /connect/:secret'
    events.requestFailed({ requestId: 'r-1', route, error: new VaultError(code, detail) })
    const fault = { name: 'VaultError', code, message: detail }
    expect(last()).toMatchObject({ event: 'request.unanswered', level: 'warn', fault })
    expect((await events.metrics.scrape()).body).not.toContain('larder_internal_errors_total{')
  },
)

test('a database failure in a request or job counts as a store failure, not as an internal error', async () => {
  const { events } = listening()
  const error = new StoreError('disk_full', null)
  events.storeFailed('disk_full')
  events.requestFailed({ requestId: 'r-1', route: 'GET /', error })
  events.jobFailed({ job: 'sweep', error })
  events.jobFailed({ job: 'sweep', error: new TypeError('canary') })
  const { body } = await events.metrics.scrape()
  expect(body).toContain('larder_store_failures_total{outcome="disk_full"} 1')
  expect(body).toContain('larder_internal_errors_total{outcome="job"} 1')
})

test('a failing database is logged once for each reason, and once when a write succeeds again', async () => {
  const { events, lines } = listening()
  events.storeWritten()
  for (const reason of ['disk_full', 'disk_full', 'io_error', 'disk_full'] as const) {
    events.storeFailed(reason)
  }
  for (let write = 0; write < 3; write++) events.storeWritten()
  events.storeFailed('disk_full')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { event: 'store.failed', level: 'error', reason: 'disk_full' },
    { event: 'store.failed', level: 'error', reason: 'io_error' },
    { event: 'store.recovered', level: 'warn', reasons: ['disk_full', 'io_error'] },
    { event: 'store.failed', level: 'error', reason: 'disk_full' },
  ])
  const { body } = await events.metrics.scrape()
  expect(body).toContain('larder_store_failures_total{outcome="disk_full"} 4')
})

test.each([undefined, null, 'canary', { message: 'canary' }])(
  'a thrown %j is logged without its content',
  (thrown) => {
    const { events, lines } = listening()
    events.jobFailed({ job: 'sweep', error: thrown })
    expect(lines).toHaveLength(1)
    expect(lines.join()).not.toContain('canary')
  },
)

test('secrets among the fields of a log event are removed', () => {
  const { events, lines } = listening()
  const slipped = {
    provider: google,
    how: 'link',
    code: 'internal',
    detail: 'x',
    accessToken: 'canary',
    body: { state: 'canary' },
  } as const
  events.connectFailed(slipped)
  expect(lines).toHaveLength(1)
  expect(lines.join()).not.toContain('canary')
})

test('a failed revocation is logged as a warning, and an abandoned revocation as an error', () => {
  const { events, last } = listening()
  const about = { provider: google, detail: 'no answer in time' }
  events.revocationFailed(about)
  expect(last()).toMatchObject({ level: 'warn', event: 'grant.revocation_failed', ...about })
  events.revocationGivenUp(about)
  expect(last()).toMatchObject({ level: 'error', event: 'grant.revocation_given_up', ...about })
})

test('a revocation that would end another grant is logged as skipped', () => {
  const { events, last } = listening()
  events.revocationSkipped({ provider: google })
  expect(last()).toMatchObject({
    level: 'info',
    event: 'grant.revocation_skipped',
    provider: google,
  })
})

test('an open circuit is logged as a warning for a connection’s own client, and as an error for the configured client', async () => {
  const { events, last } = listening()
  const about = { provider: google, id, reason: 'misconfigured', open: true } as const
  events.circuitChanged({ ...about, client: 'own' })
  expect(last()).toMatchObject({ event: 'circuit.opened', level: 'warn', client: 'own', id })
  events.circuitChanged({ ...about, client: 'configured' })
  expect(last()).toMatchObject({ event: 'circuit.opened', level: 'error', client: 'configured' })
})

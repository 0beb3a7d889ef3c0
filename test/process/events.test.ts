import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, onTestFinished, test } from 'vitest'
import type { Circuit } from '../../src/core/refresh/circuit.ts'
import { StoreError, VaultError } from '../../src/core/base/errors.ts'
import type { ConnectionId, ProviderId } from '../../src/core/base/ids.ts'
import { openEvents } from '../../src/observe/events.ts'
import { until } from '../support/until.ts'

const google = 'google' as ProviderId
const id = 'con_01' as ConnectionId

function listening(level: 'trace' | 'warn' = 'trace') {
  const lines: string[] = []
  const events = openEvents({ level, sink: { write: (line) => void lines.push(line) } })
  return { events, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as unknown }
}

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

test('a scrape reads the gauges from the store and reports if the store fails', async () => {
  const { events } = listening()
  let fails = false
  let isFull = false
  const circuit: Circuit = {
    provider: google,
    client: 'c',
    failures: 5,
    open: { reason: 'unavailable', since: 0, until: 1 },
  }
  events.metrics.watch({
    clock: { now: () => 100_000, monotonic: () => 0, sleep: async () => {} },
    store: {
      logBytes: () => 4_096,
      census: async () => {
        if (fails) throw new StoreError('unreachable', null)
        return {
          byStatus: [{ provider: google, status: 'active', count: 7 }],
          unproven: [],
          oldestDue: [
            { provider: google, dueAt: 40_000 },
            { provider: 'removed', dueAt: 1 },
          ],
          revocationsQueued: 2,
        }
      },
      sharedProbe: async () => {
        if (isFull) throw new StoreError('disk_full', null)
      },
      webhookStates: async () => [
        { id: 'crm', failures: 2, disabled: null },
        { id: 'removed', failures: 0, disabled: null },
      ],
    },
    webhooks: { endpoints: [{ id: 'crm' }] },
    traffic: {
      circuit: (provider: ProviderId, client: string) =>
        client === circuit.client ? circuit : { ...circuit, provider, client, open: null },
    },
    endpoint: {
      clientKey: (provider: ProviderId) => (provider === google ? 'c' : 'z'),
      clockSkewsMs: () => new Map([[google, -7_200_000]]),
    },
    journal: { entries: [{}, {}] },
    providers: new Map([
      [google, {}],
      ['zoom', {}],
    ]),
  } as unknown as Parameters<typeof events.metrics.watch>[0])
  const { body, contentType } = await events.metrics.scrape()
  expect(contentType).toContain('text/plain')
  for (const line of [
    'larder_connections{provider="google",status="active"} 7',
    'larder_oldest_overdue_seconds 60',
    'larder_revocations_queued 2',
    'larder_circuit_open{provider="google"} 1',
    'larder_circuit_open{provider="zoom"} 0',
    'larder_journal_entries 2',
    'larder_provider_clock_skew_seconds{provider="google"} -7200',
    'larder_wal_bytes 4096',
    'larder_webhooks{status="failing"} 1',
    'larder_webhooks{status="active"} 0',
    'larder_store_up 1',
  ]) {
    expect(body).toContain(`${line}\n`)
  }
  isFull = true
  expect((await events.metrics.scrape()).body).toContain('larder_store_up 0')
  fails = true
  const failing = (await events.metrics.scrape()).body
  expect(failing).toContain('larder_store_up 0')
  expect(failing).toContain('larder_circuit_open{provider="google"} 1')
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

test('a rotation that is only in memory is counted until it is saved', async () => {
  const { events } = listening()
  const inMemory = async () =>
    /^larder_rotations_in_memory (.*)$/m.exec((await events.metrics.scrape()).body)?.[1]
  events.rotationInMemory({ id, provider: google })
  expect(await inMemory()).toBe('1')
  events.rotationSaved({ id, provider: google })
  expect(await inMemory()).toBe('0')
})

test('metrics have no labels but provider, outcome and status', async () => {
  const { events } = listening()
  events.connected({ id, provider: google, how: 'link' })
  events.revocationFailed({ provider: google, detail: 'canary' })
  events.storeFailed('locked')
  const { body } = await events.metrics.scrape()
  const labels = [...body.matchAll(/[{,](\w+)="/g)].map(([, label]) => label)
  expect(new Set(labels)).toEqual(new Set(['provider', 'outcome']))
  expect(body).not.toContain('canary')
})

test('metrics have duration histograms of requests by route and status class, and of refreshes by provider and outcome', async () => {
  const { events } = listening('warn')
  const request = { method: 'GET', route: 'GET /v1/providers', keyId: null, requestId: null }
  for (const [status, durationMs] of [
    [200, 1],
    [204, 7],
    [404, 3],
    [200, 40_000],
  ] as const) {
    events.requestAnswered({ ...request, status, durationMs })
  }
  events.refreshTook({ provider: google, outcome: 'ok', ms: 300 })
  const { body } = await events.metrics.scrape()
  const lines = (start: string) => body.split('\n').filter((line) => line.startsWith(start))
  const name = 'larder_request_duration_seconds'
  expect(body).toContain(`# TYPE ${name} histogram\n`)
  const of = 'route="GET /v1/providers",status="2xx"'
  expect(lines(`${name}_bucket{${of}`).map((line) => line.slice(line.indexOf('le=')))).toEqual([
    'le="0.001"} 1',
    'le="0.0025"} 1',
    'le="0.005"} 1',
    ...[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30].map((le) => `le="${le}"} 2`),
    'le="+Inf"} 3',
  ])
  expect(lines(`${name}_sum{${of}`)).toEqual([`${name}_sum{${of}} 40.008`])
  expect(lines(`${name}_count`)).toEqual([
    `${name}_count{${of}} 3`,
    `${name}_count{route="GET /v1/providers",status="4xx"} 1`,
  ])
  const refreshes = 'larder_refresh_duration_seconds_bucket{provider="google",outcome="ok"'
  expect(lines(refreshes)).toContain(`${refreshes},le="0.5"} 1`)
  expect(lines(refreshes)).toContain(`${refreshes},le="0.25"} 0`)
})

test('docs/running.md explains every metric', async () => {
  const { body } = await listening().events.metrics.scrape()
  const names = [...body.matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name ?? '')
  const page = readFileSync('docs/running.md', 'utf8')
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('the event-loop lag metric reports a blocked event loop', async () => {
  const { events } = listening()
  // Runs beside the monitor of the metric, and shows when that has measured.
  const monitor = monitorEventLoopDelay({ resolution: 20 })
  monitor.enable()
  onTestFinished(() => void monitor.disable())
  await until('a first measurement', () => monitor.count > 0)
  const end = performance.now() + 200
  while (performance.now() < end);
  await until('the stall to be measured', () => monitor.max > 150e6)
  const { body } = await events.metrics.scrape()
  const lag = /^larder_event_loop_lag_seconds (.*)$/m.exec(body)?.[1]
  expect(Number(lag)).toBeGreaterThan(0.1)
})

import { readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, onTestFinished, test } from 'vitest'
import type { Circuit } from '../../src/core/refresh/circuit.ts'
import { StoreError } from '../../src/core/base/errors.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { until } from '../support/until.ts'
import { google, id, listening } from './listening.ts'

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
      lastCheck: { result: 'passed', endedAt: 90_000 },
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
    'larder_database_check_time_seconds 90',
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

test('the event-loop lag metric reports a late tick of the schedule once', async () => {
  const { events } = listening()
  events.ticked({ lateMs: 5_000 })
  const lag = async () =>
    Number(/^larder_event_loop_lag_seconds (.*)$/m.exec((await events.metrics.scrape()).body)?.[1])
  expect(await lag()).toBeGreaterThanOrEqual(5)
  expect(await lag()).toBeLessThan(5)
})

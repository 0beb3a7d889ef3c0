import { Counter, Gauge, Registry } from 'prom-client'
import { StoreError } from '../core/base/errors.ts'
import type { ProviderId } from '../core/base/ids.ts'
import { overdueMs } from '../core/refresh/overdue.ts'
import { type WebhookState, webhookStatus } from '../core/events/webhook.ts'
import { Durations } from './durations.ts'
import { LoopStalls } from './loop-stalls.ts'
import type { Ports, Webhooks } from '../ports/ports.ts'

/**
 * All labels. A label for a user or a connection would reveal who uses what, and would grow without
 * limit.
 */
type Label = 'provider' | 'outcome' | 'status' | 'version' | 'node'
type Sources = Pick<
  Ports,
  'clock' | 'store' | 'traffic' | 'providers' | 'endpoint' | 'webhooks' | 'journal'
>
export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics() {
  const registry = new Registry()
  const counters = createCounters(registry)
  const gauges = createGauges(registry)
  const reads = new TokenReads(counters.tokensServed)
  let sources: Sources | null = null
  return {
    ...counters,
    ...createDurations(registry),
    tokenServed: (provider: ProviderId, how: 'cache' | 'refresh') => reads.count(provider, how),
    noteTick: gauges.noteTick,
    /** Call when the store is open. The gauges then read their values from `ports`. */
    watch: (ports: Sources) => {
      sources = ports
    },
    /** Returns Prometheus text. If the store fails, the text contains only values from memory. */
    scrape: async (): Promise<{ readonly contentType: string; readonly body: string }> => {
      reads.settle()
      gauges.readProcess()
      if (sources !== null) await gauges.readVault(sources)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

function createCounters(registry: Registry) {
  const counter = (name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `larder_${name}`, help, labelNames, registers: [registry] })
  return {
    refreshes: counter('refreshes_total', 'Refreshes, by outcome.', ['provider', 'outcome']),
    connects: counter('connects_total', 'Connects, reconnects and failed connects, by outcome.', [
      'provider',
      'outcome',
    ]),
    disconnects: counter('disconnects_total', 'Disconnected connections, by reason.', [
      'provider',
      'outcome',
    ]),
    deletions: counter('deletions_total', 'Connections deleted.', ['provider']),
    revocations: counter('revocations_total', 'Revocations at the provider, by outcome.', [
      'provider',
      'outcome',
    ]),
    tokensServed: counter('tokens_served_total', 'Access tokens returned, by source.', [
      'provider',
      'outcome',
    ]),
    webhookDeliveries: counter('webhook_deliveries_total', 'Events sent to webhooks, by outcome.', [
      'outcome',
    ]),
    webhookLost: counter(
      'webhook_lost_events_total',
      'Events that were deleted before a webhook accepted them.',
      [],
    ),
    unreadable: counter('unreadable_values_total', 'Sealed values that did not open.', []),
    storeFailures: counter('store_failures_total', 'Failed database accesses, by reason.', [
      'outcome',
    ]),
    databaseChecks: counter('database_checks_total', 'Checks of the whole database, by result.', [
      'outcome',
    ]),
    buildInfo: new Gauge({
      name: 'larder_build_info',
      help: 'Always 1. The labels show the versions of Larder and Node.',
      labelNames: ['version', 'node'],
      registers: [registry],
    }),
    inMemory: new Gauge({
      name: 'larder_rotations_in_memory',
      help: 'Rotations that are neither in the database nor in the journal.',
      registers: [registry],
    }),
    internalErrors: counter('internal_errors_total', 'Failures that a bug in Larder caused.', [
      'outcome',
    ]),
  }
}

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const REFRESH_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60]

function createDurations(registry: Registry) {
  return {
    requestDurations: new Durations({
      name: 'larder_request_duration_seconds',
      help: 'Time to answer a request to the private API.',
      labels: ['route', 'status'],
      bounds: REQUEST_SECONDS,
      registry,
    }),
    refreshDurations: new Durations({
      name: 'larder_refresh_duration_seconds',
      help: 'Time that the provider took for a refresh, including a replay.',
      labels: ['provider', 'outcome'],
      bounds: REFRESH_SECONDS,
      registry,
    }),
  }
}

/**
 * Counts token requests with one addition each. prom-client hashes labels at each increment, so its
 * counter is updated only at a scrape.
 */
class TokenReads {
  readonly #counter: Counter<Label>
  readonly #reads = new Map<ProviderId, { cache: number; refresh: number }>()

  constructor(counter: Counter<Label>) {
    this.#counter = counter
  }

  count(provider: ProviderId, how: 'cache' | 'refresh'): void {
    const reads = this.#reads.get(provider)
    if (reads === undefined) this.#reads.set(provider, { cache: 0, refresh: 0, [how]: 1 })
    else reads[how]++
  }

  settle(): void {
    for (const [provider, reads] of this.#reads) {
      if (reads.cache > 0) this.#counter.inc({ provider, outcome: 'cache' }, reads.cache)
      if (reads.refresh > 0) this.#counter.inc({ provider, outcome: 'refresh' }, reads.refresh)
    }
    this.#reads.clear()
  }
}

function createGauges(registry: Registry) {
  const gauge = (name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const vault = {
    connections: gauge('larder_connections', 'Connections by status.', ['provider', 'status']),
    unproven: gauge(
      'larder_unproven_connections',
      'Imported connections that wait for their first refresh.',
      ['provider'],
    ),
    overdue: gauge(
      'larder_oldest_overdue_seconds',
      'How long the most overdue refresh is overdue.',
    ),
    queued: gauge('larder_revocations_queued', 'Revocations that wait to be sent.'),
    circuit: gauge(
      'larder_circuit_open',
      '1 while requests with the configured OAuth client are paused.',
      ['provider'],
    ),
    journal: gauge('larder_journal_entries', 'Rotations that are not in the database yet.'),
    skew: gauge(
      'larder_provider_clock_skew_seconds',
      'How far the provider clock was ahead of the Larder clock at the last token response.',
      ['provider'],
    ),
    webhooks: gauge('larder_webhooks', 'Webhooks by status.', ['status']),
    wal: gauge('larder_wal_bytes', 'Size of the write-ahead log of the database.'),
    checked: gauge(
      'larder_database_check_time_seconds',
      'When the last check of the whole database ended, in epoch seconds. 0: none has ended.',
    ),
    storeUp: gauge('larder_store_up', '1 while the database accepts reads and writes.'),
  }
  const process = {
    lag: gauge(
      'larder_event_loop_lag_seconds',
      'Longest stall of the event loop since the last scrape.',
    ),
    memory: gauge('process_resident_memory_bytes', 'Resident memory.'),
    started: gauge('process_start_time_seconds', 'When the process started, in epoch seconds.'),
  }
  const stalls = new LoopStalls()
  return {
    noteTick: (lateMs: number) => stalls.noteTick(lateMs),
    readProcess: () => readProcess(process, stalls),
    readVault: (sources: Sources) => readVault(vault, sources),
  }
}

function readProcess(
  gauges: Record<'lag' | 'memory' | 'started', Gauge<Label>>,
  stalls: LoopStalls,
): void {
  gauges.lag.set(stalls.takeLongestMs() / 1000)
  gauges.memory.set(process.memoryUsage.rss())
  gauges.started.set(performance.timeOrigin / 1000)
}

async function readVault(
  gauges: Record<
    | 'connections'
    | 'unproven'
    | 'overdue'
    | 'queued'
    | 'circuit'
    | 'journal'
    | 'skew'
    | 'webhooks'
    | 'wal'
    | 'checked'
    | 'storeUp',
    Gauge<Label>
  >,
  { clock, store, traffic, providers, endpoint, webhooks, journal }: Sources,
): Promise<void> {
  gauges.circuit.reset()
  for (const provider of providers.keys()) {
    // Report only the configured client: a connection's own client must not cause an alarm.
    const { open } = traffic.circuit(provider, endpoint.clientKey(provider, null))
    gauges.circuit.set({ provider }, open === null ? 0 : 1)
  }
  gauges.journal.set(journal.entries.length)
  for (const [provider, ms] of endpoint.clockSkewsMs()) gauges.skew.set({ provider }, ms / 1000)
  gauges.wal.set(store.logBytes())
  gauges.checked.set((store.lastCheck.endedAt ?? 0) / 1000)
  const now = clock.now()
  try {
    const census = await store.census(now)
    gauges.connections.reset()
    for (const { provider, status, count } of census.byStatus) {
      gauges.connections.set({ provider, status }, count)
    }
    gauges.unproven.reset()
    for (const { provider, count } of census.unproven) gauges.unproven.set({ provider }, count)
    gauges.overdue.set(overdueMs(census.oldestDue, providers, now) / 1000)
    gauges.queued.set(census.revocationsQueued)
    countWebhooks(gauges.webhooks, await store.webhookStates(), webhooks)
    // Also try a write: on a full disk, reads succeed but writes fail.
    await store.sharedProbe()
    gauges.storeUp.set(1)
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    // Do not report the failure here: readiness and the failed requests already report the failure.
    gauges.storeUp.set(0)
  }
}

function countWebhooks(
  gauge: Gauge<Label>,
  states: readonly WebhookState[],
  { endpoints }: Pick<Webhooks, 'endpoints'>,
): void {
  const configured = new Set(endpoints.map(({ id }) => id))
  gauge.reset()
  for (const status of ['active', 'failing', 'disabled']) gauge.set({ status }, 0)
  for (const state of states) {
    if (configured.has(state.id)) gauge.inc({ status: webhookStatus(state) })
  }
}

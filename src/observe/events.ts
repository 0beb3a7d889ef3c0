import type { DestinationStream, Logger } from 'pino'
import { StoreError, type StoreFailure, VaultError } from '../core/base/errors.ts'
import type { ProviderId } from '../core/base/ids.ts'
import { describeError, type LogLevel, openLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Observer } from '../ports/ports.ts'
import { webhookEvents } from './webhook-events.ts'

/** Everything that is told to operators: one function an event, a log line and where it counts a metric. */
export interface Events extends Observer {
  settingDoubted(e: { warning: string }): void
  keysMade(e: { paths: readonly string[] }): void
  /** Right at a first start; else the volume with the vault is missing. */
  vaultMade(e: { vaultId: string }): void
  /** Of each read and write that fails; one line for each reason until a write succeeds. */
  storeFailed: (reason: StoreFailure) => void
  /** Of each write that succeeds; a line if one has failed before. */
  storeWritten: () => void
  /** An index hid rows, or showed them in another place: the file is damaged, and its disk in doubt. */
  indexesRemade(): void
  started(e: {
    version: string
    node: string
    /** See `LARDER_VAULT_ID`. */
    vaultId: string
    privateAddress: string
    publicAddress: string
  }): void
  providerReady(e: { provider: ProviderId; redirectUri: string }): void
  /** There are connections of a provider that is not configured. */
  providerMissing(e: { provider: ProviderId; connections: number }): void
  /** Rotations that were in the journal only, and attempts whose outcome is asked for again. */
  recovered(e: { rotations: number; attempts: number }): void
  /** `reason`: the signal, or the fault. */
  /** Secret files were read again (SIGHUP): what one provider or webhook has changed to. */
  secretsChanged(e: { provider?: string; webhook?: string; count: number }): void
  /** They cannot be used; the secrets that were read before stay in force. */
  secretsRefused(e: { provider?: string; webhook?: string; problems: readonly string[] }): void
  secretsRead(e: { changed: number; refused: number }): void
  stopping(e: { reason: string }): void
  stopped(): void
  /** A fault of ours, the database's or a provider's while answering; the id is all that the caller was told. */
  requestFailed(e: { requestId: string; route: string; error: unknown }): void
  /**
   * One request to the private API; a line at `debug`. It holds nothing that a caller sent but the
   * method: a path holds user ids, a query token ids and e-mails.
   */
  requestAnswered(e: {
    method: string
    /** Its pattern. */
    route: string
    status: number
    durationMs: number
    /** Null: no known key was shown. */
    keyId: string | null
    /** Of an answer that is an error. */
    requestId: string | null
  }): void
  jobFailed(e: { job: string; error: unknown }): void
  /** Wall and monotonic time came apart; the schedule was planned anew. */
  clockStepped(e: { byMs: number }): void
  /** What kept it from starting is the operator's to mend; standard error says how. */
  refused(e: { error: unknown }): void
  /** The process is about to end because nobody caught this. */
  crashed(e: { kind: 'serve' | 'uncaughtException' | 'unhandledRejection'; error: unknown }): void
  readonly metrics: Metrics
  /** Writes the lines that wait, within a second; nothing is written after it. Never throws. */
  close(): Promise<void>
}

/** To standard output, or to `sink`. */
export function openEvents(options: {
  readonly level: LogLevel
  readonly sink?: DestinationStream
}): Events {
  const { logger, close } = openLog(options.level, options.sink)
  const metrics = createMetrics()
  return {
    ...connectionEvents(logger, metrics),
    ...refreshEvents(logger, metrics),
    ...webhookEvents(logger, metrics),
    ...storageEvents(logger, metrics),
    ...processEvents(logger, metrics),
    ...faultEvents(logger, metrics),
    metrics,
    close,
  }
}

function connectionEvents(log: Logger, metrics: Metrics) {
  return {
    connected: (e) => {
      metrics.connects.inc({ provider: e.provider, outcome: e.how })
      log.info({ event: 'connection.connected', ...e }, 'user connected')
    },
    reconnected: (e) => {
      metrics.connects.inc({ provider: e.provider, outcome: 'reconnect' })
      log.info({ event: 'connection.reconnected', ...e }, 'user reconnected')
    },
    connectWarned: (e) =>
      log.warn({ event: 'connection.warned', ...e }, 'a connection will not last as it is'),
    connectFailed: (e) => {
      metrics.connects.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'connection.connect_failed', ...e }, 'connecting a user failed')
    },
    // That connecting failed is told, and counted, beside it.
    connectBroke: ({ error, ...e }) => {
      metrics.internalErrors.inc({ outcome: 'connect' })
      const fault = describeError(error)
      log.error({ event: 'connection.connect_broke', ...e, fault }, 'connecting a user broke')
    },
    disconnected: (e) => {
      metrics.disconnects.inc({ provider: e.provider, outcome: e.reason })
      log.warn({ event: 'connection.disconnected', ...e }, 'the user has to connect again')
    },
    deleted: (e) => {
      metrics.deletions.inc({ provider: e.provider })
      log.info({ event: 'connection.deleted', ...e }, 'connection deleted')
    },
    userDeleted: (e) => log.info({ event: 'user.deleted', ...e }, 'a user was deleted'),
    keyCreated: (e) => log.info({ event: 'key.created', ...e }, 'an api key was made'),
    keyRevoked: (e) => log.info({ event: 'key.revoked', ...e }, 'an api key was revoked'),
    revoked: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'revoked' })
      log.info({ event: 'grant.revoked', ...e }, 'provider was told to forget a grant')
    },
    revocationUnsupported: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'unsupported' })
      const text = 'a grant was not revoked: the provider has no revocation for it'
      log.warn({ event: 'grant.revocation_unsupported', ...e }, text)
    },
    revocationSkipped: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'skipped' })
      log.info({ event: 'grant.revocation_skipped', ...e }, 'revoking would end another grant')
    },
    revocationFailed: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'grant.revocation_failed', ...e }, 'provider does not forget a grant yet')
    },
    revocationGivenUp: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'given_up' })
      log.error({ event: 'grant.revocation_given_up', ...e }, 'provider was not told of a grant')
    },
    // Counted only: a line for each read of a token would cost more than the read.
    tokenServed: (e) => metrics.tokenServed(e.provider, e.how),
  } satisfies Partial<Observer>
}

function refreshEvents(log: Logger, metrics: Metrics) {
  return {
    refreshed: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'ok' })
      log.debug({ event: 'refresh.succeeded', ...e }, 'token refreshed')
    },
    confirmed: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'confirmed' })
      log.debug({ event: 'credentials.confirmed', ...e }, 'provider takes the credentials')
    },
    refreshFailed: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: e.outcome })
      log.warn({ event: 'refresh.failed', ...e }, 'refresh failed')
    },
    refreshBroke: ({ error, ...e }) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'broke' })
      log.error({ event: 'refresh.broke', ...e, fault: describeError(error) }, 'a refresh broke')
    },
    refreshTook: (e) => metrics.refreshDurations.add(e.provider, e.outcome, e.ms),
    refreshLost: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'lost' })
      log.error({ event: 'refresh.lost', ...e }, 'a rotation came too late to be stored')
    },
    rotationInMemory: (e) => {
      metrics.inMemory.inc()
      log.error({ event: 'rotation.in_memory', ...e }, 'do not end this process: free disk first')
    },
    rotationSaved: (e) => {
      metrics.inMemory.dec()
      log.warn({ event: 'rotation.saved', ...e }, 'what was in memory alone is stored')
    },
    clientSecretSwitched: (e) =>
      log.warn({ event: 'client.secret_switched', ...e }, 'the provider accepts another secret'),
    circuitChanged: (e) => {
      if (!e.open) log.info({ event: 'circuit.closed', ...e }, 'the client is served again')
      else if (e.client === 'own') log.warn({ event: 'circuit.opened', ...e }, OWN_CLIENT_HELD)
      else log.error({ event: 'circuit.opened', ...e }, 'calls to the provider are held back')
    },
  } satisfies Partial<Observer>
}

const OWN_CLIENT_HELD = "calls with a connection's own client are held back"

function storageEvents(log: Logger, metrics: Metrics) {
  const failing = new Set<StoreFailure>()
  return {
    unreadable: (e) => {
      metrics.unreadable.inc()
      log.error({ event: 'seal.unreadable', ...e }, 'a sealed value did not open')
    },
    storeFailed: (reason) => {
      metrics.storeFailures.inc({ outcome: reason })
      if (failing.has(reason)) return
      failing.add(reason)
      log.error({ event: 'store.failed', reason }, 'the database failed')
    },
    storeWritten: () => {
      if (failing.size === 0) return
      log.warn({ event: 'store.recovered', reasons: [...failing] }, 'the database takes writes')
      failing.clear()
    },
  } satisfies Partial<Events>
}

function processEvents(log: Logger, metrics: Metrics) {
  return {
    settingDoubted: (e) => log.warn({ event: 'settings.doubted', ...e }, 'check this setting'),
    vaultMade: (e) =>
      log.warn(
        { event: 'vault.made', ...e },
        'there was no vault in the data directory: a new one',
      ),
    indexesRemade: () =>
      log.error({ event: 'store.indexes_remade' }, 'the database was damaged: indexes made anew'),
    keysMade: (e) =>
      log.warn({ event: 'keys.made', ...e }, 'first run: keys were made; back them up'),
    started: (e) => {
      metrics.buildInfo.set({ version: e.version, node: e.node }, 1)
      log.info({ event: 'process.started', ...e }, 'larder is ready')
    },
    providerReady: (e) =>
      log.info({ event: 'provider.ready', ...e }, 'register this redirect uri at the provider'),
    issuerUnreachable: (e) =>
      log.warn({ event: 'provider.issuer_unreachable', ...e }, 'users cannot connect for now'),
    providerMissing: (e) =>
      log.warn({ event: 'provider.missing', ...e }, 'its connections are kept, and not refreshed'),
    secretsChanged: (e) =>
      log.info({ event: 'secrets.changed', ...e }, 'other secrets are in force'),
    secretsRefused: (e) =>
      log.error({ event: 'secrets.refused', ...e }, 'secret files are bad: the old ones stay'),
    secretsRead: (e) => log.info({ event: 'secrets.read', ...e }, 'secret files were read again'),
    stopping: (e) => log.info({ event: 'process.stopping', ...e }, 'stopping; flights land first'),
    stopped: () => log.info({ event: 'process.stopped' }, 'stopped'),
    recovered: (e) =>
      log.warn(
        { event: 'process.recovered', ...e },
        'an earlier process left refreshes unfinished',
      ),
    clockStepped: (e) => log.warn({ event: 'clock.stepped', ...e }, 'the wall clock was set'),
  } satisfies Partial<Events>
}

/** Away, or not as the settings say: neither is a fault of ours. */
function isOfProvider(error: unknown): boolean {
  if (!(error instanceof VaultError)) return false
  return error.code === 'provider_unavailable' || error.code === 'provider_misconfigured'
}

function countFault(metrics: Metrics, error: unknown, outcome: 'request' | 'job'): void {
  // The store has reported and counted its own.
  if (!(error instanceof StoreError)) metrics.internalErrors.inc({ outcome })
}

const STATUS_CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']

function faultEvents(log: Logger, metrics: Metrics) {
  return {
    requestFailed: ({ error, ...e }) => {
      const fault = describeError(error)
      if (isOfProvider(error)) {
        log.warn({ event: 'request.unanswered', ...e, fault }, 'a provider kept us from answering')
        return
      }
      countFault(metrics, error, 'request')
      log.error({ event: 'request.failed', ...e, fault }, 'a request failed')
    },
    requestAnswered: (e) => {
      const status = STATUS_CLASSES[Math.floor(e.status / 100)] ?? 'other'
      metrics.requestDurations.add(e.route, status, e.durationMs)
      log.debug({ event: 'request.answered', ...e }, 'a request was answered')
    },
    jobFailed: ({ error, ...e }) => {
      countFault(metrics, error, 'job')
      log.error({ event: 'job.failed', ...e, fault: describeError(error) }, 'a job failed')
    },
    refused: ({ error }) =>
      log.error({ event: 'process.refused', fault: describeError(error) }, 'larder did not start'),
    crashed: ({ error, ...e }) =>
      log.fatal({ event: 'process.crashed', ...e, fault: describeError(error) }, 'crashed'),
  } satisfies Partial<Events>
}

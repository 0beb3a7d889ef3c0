import type { DestinationStream, Logger } from 'pino'
import { StoreError, type StoreFailure, VaultError } from '../core/base/errors.ts'
import type { ProviderId } from '../core/base/ids.ts'
import { describeError, type LogLevel, openLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import type { Observer } from '../ports/ports.ts'
import { webhookEvents } from './webhook-events.ts'

/** One function for each business event: it writes a log line, and counts a metric if there is one. */
export interface Events extends Observer {
  settingDoubted(e: { warning: string }): void
  keysMade(e: { paths: readonly string[] }): void
  /** Expected at the first start. Later it means that the volume with the vault is missing. */
  vaultMade(e: { vaultId: string }): void
  /** Called for each failed read or write. Logs each reason once until a write succeeds. */
  storeFailed: (reason: StoreFailure) => void
  /** Called for each successful write. Logs a line if the database had failed before. */
  storeWritten: () => void
  /** An index hid rows or listed wrong ones: the file is damaged, and its disk may be. */
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
  /** The vault has connections of a provider that is not configured. */
  providerMissing(e: { provider: ProviderId; connections: number }): void
  /** `rotations` were only in the journal; the outcome of `attempts` is unknown, so they are repeated. */
  recovered(e: { rotations: number; attempts: number }): void
  /** After SIGHUP: one provider or webhook has `count` secrets that differ from before. */
  secretsChanged(e: { provider?: string; webhook?: string; count: number }): void
  /** The secret files are bad, so the secrets that were read before stay in force. */
  secretsRefused(e: { provider?: string; webhook?: string; problems: readonly string[] }): void
  secretsRead(e: { changed: number; refused: number }): void
  /** `reason`: the signal, or the fault. */
  stopping(e: { reason: string }): void
  stopped(): void
  /** A fault of Larder, the database or a provider. The caller got only `requestId`. */
  requestFailed(e: { requestId: string; route: string; error: unknown }): void
  /**
   * One request to the private API, at level `debug`. Of what the caller sent it logs only the method,
   * because a path holds user ids, and a query holds token ids and e-mails.
   */
  requestAnswered(e: {
    method: string
    /** The pattern of the route, not the path. */
    route: string
    status: number
    durationMs: number
    /** Null if the caller sent no known key. */
    keyId: string | null
    /** Null unless the answer is an error. */
    requestId: string | null
  }): void
  jobFailed(e: { job: string; error: unknown }): void
  /** The wall clock differs from the monotonic clock, so the schedule was planned again. */
  clockStepped(e: { byMs: number }): void
  /** Larder did not start; standard error tells the operator what to fix. */
  refused(e: { error: unknown }): void
  /** An error that no code caught; the process ends. */
  crashed(e: { kind: 'serve' | 'uncaughtException' | 'unhandledRejection'; error: unknown }): void
  readonly metrics: Metrics
  /** Writes the queued lines within a second, and ends the log. Never throws. */
  close(): Promise<void>
}

/** Writes to standard output, or to `sink`. */
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
      log.warn({ event: 'connection.warned', ...e }, 'connection works but will not last'),
    connectFailed: (e) => {
      metrics.connects.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'connection.connect_failed', ...e }, 'user could not connect')
    },
    // `connectFailed` is called, too.
    connectBroke: ({ error, ...e }) => {
      metrics.internalErrors.inc({ outcome: 'connect' })
      const fault = describeError(error)
      log.error({ event: 'connection.connect_broke', ...e, fault }, 'bug while a user connected')
    },
    disconnected: (e) => {
      metrics.disconnects.inc({ provider: e.provider, outcome: e.reason })
      log.warn({ event: 'connection.disconnected', ...e }, 'user must reconnect')
    },
    deleted: (e) => {
      metrics.deletions.inc({ provider: e.provider })
      log.info({ event: 'connection.deleted', ...e }, 'connection deleted')
    },
    userDeleted: (e) => log.info({ event: 'user.deleted', ...e }, 'user deleted'),
    keyCreated: (e) => log.info({ event: 'key.created', ...e }, 'API key created'),
    keyRevoked: (e) => log.info({ event: 'key.revoked', ...e }, 'API key revoked'),
    revoked: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'revoked' })
      log.info({ event: 'grant.revoked', ...e }, 'grant revoked at the provider')
    },
    revocationUnsupported: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'unsupported' })
      log.warn({ event: 'grant.revocation_unsupported', ...e }, 'provider cannot revoke this grant')
    },
    revocationSkipped: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'skipped' })
      log.info({ event: 'grant.revocation_skipped', ...e }, 'revocation dropped: grant in use')
    },
    revocationFailed: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'grant.revocation_failed', ...e }, 'revocation failed; it is retried')
    },
    revocationGivenUp: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'given_up' })
      log.error({ event: 'grant.revocation_given_up', ...e }, 'revocation given up')
    },
    // Not logged: a line would cost more than the read of a token.
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
      log.debug({ event: 'credentials.confirmed', ...e }, 'provider accepted the credentials')
    },
    refreshFailed: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: e.outcome })
      log.warn({ event: 'refresh.failed', ...e }, 'refresh failed')
    },
    refreshBroke: ({ error, ...e }) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'broke' })
      log.error({ event: 'refresh.broke', ...e, fault: describeError(error) }, 'refresh broke')
    },
    refreshTook: (e) => metrics.refreshDurations.add(e.provider, e.outcome, e.ms),
    refreshLost: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'lost' })
      log.error({ event: 'refresh.lost', ...e }, 'rotation dropped: the grant changed')
    },
    rotationInMemory: (e) => {
      metrics.inMemory.inc()
      log.error(
        { event: 'rotation.in_memory', ...e },
        'rotation only in memory: do not stop Larder',
      )
    },
    rotationSaved: (e) => {
      metrics.inMemory.dec()
      log.warn({ event: 'rotation.saved', ...e }, 'rotation from memory stored')
    },
    clientSecretSwitched: (e) =>
      log.warn({ event: 'client.secret_switched', ...e }, 'another client secret works'),
    circuitChanged: (e) => {
      if (!e.open) log.info({ event: 'circuit.closed', ...e }, 'calls with this client go on')
      else if (e.client === 'own') log.warn({ event: 'circuit.opened', ...e }, CALLS_HELD)
      else log.error({ event: 'circuit.opened', ...e }, CALLS_HELD)
    },
  } satisfies Partial<Observer>
}

const CALLS_HELD = 'calls with this client are held back'

function storageEvents(log: Logger, metrics: Metrics) {
  const failing = new Set<StoreFailure>()
  return {
    unreadable: (e) => {
      metrics.unreadable.inc()
      log.error({ event: 'seal.unreadable', ...e }, 'sealed value did not open')
    },
    storeFailed: (reason) => {
      metrics.storeFailures.inc({ outcome: reason })
      if (failing.has(reason)) return
      failing.add(reason)
      log.error({ event: 'store.failed', reason }, 'database failed')
    },
    storeWritten: () => {
      if (failing.size === 0) return
      log.warn({ event: 'store.recovered', reasons: [...failing] }, 'database accepts writes again')
      failing.clear()
    },
  } satisfies Partial<Events>
}

function processEvents(log: Logger, metrics: Metrics) {
  return {
    settingDoubted: (e) => log.warn({ event: 'settings.doubted', ...e }, 'setting looks wrong'),
    vaultMade: (e) =>
      log.warn({ event: 'vault.made', ...e }, 'no vault in the data directory: created a new one'),
    indexesRemade: () =>
      log.error({ event: 'store.indexes_remade' }, 'database was damaged: indexes rebuilt'),
    keysMade: (e) =>
      log.warn({ event: 'keys.made', ...e }, 'first run: created keys; back them up'),
    started: (e) => {
      metrics.buildInfo.set({ version: e.version, node: e.node }, 1)
      log.info({ event: 'process.started', ...e }, 'Larder is ready')
    },
    providerReady: (e) =>
      log.info({ event: 'provider.ready', ...e }, 'register this redirect URI at the provider'),
    issuerUnreachable: (e) =>
      log.warn({ event: 'provider.issuer_unreachable', ...e }, 'no metadata from the issuer'),
    providerMissing: (e) =>
      log.warn({ event: 'provider.missing', ...e }, 'a provider is not configured'),
    secretsChanged: (e) => log.info({ event: 'secrets.changed', ...e }, 'secrets changed'),
    secretsRefused: (e) =>
      log.error({ event: 'secrets.refused', ...e }, 'bad secret files: old secrets stay in force'),
    secretsRead: (e) => log.info({ event: 'secrets.read', ...e }, 'secret files read again'),
    stopping: (e) =>
      log.info({ event: 'process.stopping', ...e }, 'stopping after running refreshes end'),
    stopped: () => log.info({ event: 'process.stopped' }, 'stopped'),
    recovered: (e) =>
      log.warn({ event: 'process.recovered', ...e }, 'earlier process left refreshes unfinished'),
    clockStepped: (e) => log.warn({ event: 'clock.stepped', ...e }, 'wall clock was set'),
  } satisfies Partial<Events>
}

/** The provider is unavailable or misconfigured; neither is a fault of Larder. */
function isOfProvider(error: unknown): boolean {
  if (!(error instanceof VaultError)) return false
  return error.code === 'provider_unavailable' || error.code === 'provider_misconfigured'
}

function countFault(metrics: Metrics, error: unknown, outcome: 'request' | 'job'): void {
  // The store counts its own failures.
  if (!(error instanceof StoreError)) metrics.internalErrors.inc({ outcome })
}

const STATUS_CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']

function faultEvents(log: Logger, metrics: Metrics) {
  return {
    requestFailed: ({ error, ...e }) => {
      const fault = describeError(error)
      if (isOfProvider(error)) {
        log.warn({ event: 'request.unanswered', ...e, fault }, 'provider prevented an answer')
        return
      }
      countFault(metrics, error, 'request')
      log.error({ event: 'request.failed', ...e, fault }, 'request failed')
    },
    requestAnswered: (e) => {
      const status = STATUS_CLASSES[Math.floor(e.status / 100)] ?? 'other'
      metrics.requestDurations.add(e.route, status, e.durationMs)
      log.debug({ event: 'request.answered', ...e }, 'request answered')
    },
    jobFailed: ({ error, ...e }) => {
      countFault(metrics, error, 'job')
      log.error({ event: 'job.failed', ...e, fault: describeError(error) }, 'job failed')
    },
    refused: ({ error }) =>
      log.error({ event: 'process.refused', fault: describeError(error) }, 'Larder did not start'),
    crashed: ({ error, ...e }) =>
      log.fatal({ event: 'process.crashed', ...e, fault: describeError(error) }, 'uncaught error'),
  } satisfies Partial<Events>
}

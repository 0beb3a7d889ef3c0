import type { DestinationStream, Logger } from 'pino'
import { StoreError, type StoreFailure, VaultError } from '../core/base/errors.ts'
import { describeError, type LogLevel, openLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { webhookEvents } from './webhook-events.ts'
import type { Observer } from '../ports/observer.ts'
import type { Events } from './observed-events.ts'

/** Writes to standard output unless `sink` is given. */
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
      log.warn({ event: 'connection.warned', ...e }, 'connection works now but will stop working'),
    connectFailed: (e) => {
      metrics.connects.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'connection.connect_failed', ...e }, 'user could not connect')
    },
    // The caller also calls `connectFailed`, which counts the failed connect.
    connectBroke: ({ error, ...e }) => {
      metrics.internalErrors.inc({ outcome: 'connect' })
      const fault = describeError(error)
      log.error(
        { event: 'connection.connect_broke', ...e, fault },
        'bug in Larder while a user connected',
      )
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
      log.info(
        { event: 'grant.revocation_skipped', ...e },
        'revocation skipped: a connection uses the grant',
      )
    },
    revocationFailed: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'failed' })
      log.warn({ event: 'grant.revocation_failed', ...e }, 'revocation failed and will be retried')
    },
    revocationGivenUp: (e) => {
      metrics.revocations.inc({ provider: e.provider, outcome: 'given_up' })
      log.error(
        { event: 'grant.revocation_given_up', ...e },
        'revocation failed for a week: no more retries',
      )
    },
    // This event is not logged: a log line would cost more than the token request.
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
      log.error(
        { event: 'refresh.broke', ...e, fault: describeError(error) },
        'bug or database failure ended a refresh',
      )
    },
    refreshTook: (e) => metrics.refreshDurations.add(e.provider, e.outcome, e.ms),
    refreshLost: (e) => {
      metrics.refreshes.inc({ provider: e.provider, outcome: 'lost' })
      log.error(
        { event: 'refresh.lost', ...e },
        'new tokens dropped: the connection has another grant',
      )
    },
    rotationInMemory: (e) => {
      metrics.inMemory.inc()
      log.error(
        { event: 'rotation.in_memory', ...e },
        'new tokens are only in memory: do not stop Larder',
      )
    },
    rotationSaved: (e) => {
      metrics.inMemory.dec()
      log.warn({ event: 'rotation.saved', ...e }, 'new tokens from memory are now stored')
    },
    clientSecretSwitched: (e) =>
      log.warn(
        { event: 'client.secret_switched', ...e },
        'provider now accepts a different client secret',
      ),
    circuitChanged: (e) => {
      if (!e.open) log.info({ event: 'circuit.closed', ...e }, 'requests with this client continue')
      else if (e.client === 'own') log.warn({ event: 'circuit.opened', ...e }, CALLS_HELD)
      else log.error({ event: 'circuit.opened', ...e }, CALLS_HELD)
    },
  } satisfies Partial<Observer>
}

const CALLS_HELD = 'requests with this OAuth client are paused'

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
    indexesRemade: () => log.error({ event: 'store.indexes_remade' }, REMADE),
    databaseChecked: ({ result, tookMs }) => {
      metrics.databaseChecks.inc({ outcome: result })
      if (result === 'passed') log.info({ event: 'store.checked', tookMs }, 'database is whole')
      if (result === 'indexes_rebuilt') log.error({ event: 'store.indexes_remade' }, REMADE)
      if (result === 'damaged') log.error({ event: 'store.damaged' }, 'database is damaged')
      if (result === 'failed') log.error({ event: 'store.check_failed' }, 'check could not run')
    },
  } satisfies Partial<Events>
}

const REMADE = 'database was damaged: indexes rebuilt'

function processEvents(log: Logger, metrics: Metrics) {
  return {
    settingDoubted: (e) => log.warn({ event: 'settings.doubted', ...e }, 'setting looks wrong'),
    vaultMade: (e) =>
      log.warn({ event: 'vault.made', ...e }, 'data directory had no vault: created a new vault'),
    keysMade: (e) =>
      log.warn({ event: 'keys.made', ...e }, 'first run: created keys; back up the key files'),
    started: (e) => {
      metrics.buildInfo.set({ version: e.version, node: e.node }, 1)
      log.info({ event: 'process.started', ...e }, 'Larder is ready')
    },
    providerReady: (e) =>
      log.info({ event: 'provider.ready', ...e }, 'register this redirect URI at the provider'),
    issuerUnreachable: (e) =>
      log.warn(
        { event: 'provider.issuer_unreachable', ...e },
        'cannot fetch the metadata of the issuer',
      ),
    providerMissing: (e) =>
      log.warn({ event: 'provider.missing', ...e }, 'provider has connections but no settings'),
    secretsChanged: (e) => log.info({ event: 'secrets.changed', ...e }, 'secrets changed'),
    secretsRefused: (e) =>
      log.error(
        { event: 'secrets.refused', ...e },
        'secret files are invalid: the old secrets stay in use',
      ),
    secretsRead: (e) => log.info({ event: 'secrets.read', ...e }, 'secret files read again'),
    stopping: (e) =>
      log.info({ event: 'process.stopping', ...e }, 'stopping: waiting for running refreshes'),
    stopped: () => log.info({ event: 'process.stopped' }, 'stopped'),
    recovered: (e) =>
      log.warn({ event: 'process.recovered', ...e }, 'previous process left unfinished refreshes'),
    ticked: ({ lateMs }) => metrics.noteTick(lateMs),
    clockStepped: (e) =>
      log.warn({ event: 'clock.stepped', ...e }, 'wall clock was set forward or back'),
  } satisfies Partial<Events>
}

/** The provider is unavailable or misconfigured. Neither is a bug in Larder. */
function isOfProvider(error: unknown): boolean {
  if (!(error instanceof VaultError)) return false
  return error.code === 'provider_unavailable' || error.code === 'provider_misconfigured'
}

function countFault(metrics: Metrics, error: unknown, outcome: 'request' | 'job'): void {
  // `storeFailed` already counts failures of the database.
  if (!(error instanceof StoreError)) metrics.internalErrors.inc({ outcome })
}

const STATUS_CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx']

function faultEvents(log: Logger, metrics: Metrics) {
  return {
    requestFailed: ({ error, ...e }) => {
      const fault = describeError(error)
      if (isOfProvider(error)) {
        log.warn(
          { event: 'request.unanswered', ...e, fault },
          'request failed because of the provider',
        )
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
      log.fatal(
        { event: 'process.crashed', ...e, fault: describeError(error) },
        'uncaught error: Larder stops',
      ),
  } satisfies Partial<Events>
}

import type { Config } from './config/config.ts'
import { ConfigError } from './config/findings.ts'
import { SealError, StoreError } from './core/base/errors.ts'
import type { Instant } from './core/base/ids.ts'
import { listen } from './http/listen.ts'
import { createPrivateApp } from './http/private/private-app.ts'
import { createPublicApp } from './http/public/public-app.ts'
import { jobsOf } from './jobs/jobs.ts'
import { Schedule } from './jobs/schedule.ts'
import { openEgress } from './oauth/egress/egress.ts'
import { createTokenEndpoint } from './oauth/methods/endpoint.ts'
import { configureProviders, type ConfiguredProviders } from './oauth/recipe/configure-providers.ts'
import { warmUp } from './oauth/methods/warm-up.ts'
import type { Clock, Ports, Random } from './ports/ports.ts'
import type { VaultKeys } from './ports/store.ts'
import { reloadSecrets } from './reload-secrets.ts'
import { createKeyring, type Keyring, openKeyring } from './seal/keyring.ts'
import { digestOfSecret } from './seal/open-settings.ts'
import { createSealer } from './seal/sealer.ts'
import { FileJournal } from './store/journal.ts'
import { OpenError } from './store/open-error.ts'
import { openVault } from './store/open-vault.ts'
import type { Unreadable } from './store/rows/row-cipher.ts'
import type { VaultDatabase } from './store/vault-database.ts'
import { SingleFlights } from './vault/refresh/flights.ts'
import { NotedReads } from './vault/tokens/last-reads.ts'
import { writeLastReads } from './vault/upkeep/write-last-reads.ts'
import { ClockFollower } from './vault/upkeep/follow-clock.ts'
import { keepWebhooks } from './vault/webhooks/keep-webhooks.ts'
import { KnownCallers } from './vault/operate/known-callers.ts'
import { Lanes } from './vault/refresh/lanes.ts'
import { listWebhooks } from './vault/webhooks/list-webhooks.ts'
import { replayJournal } from './vault/refresh/replay-journal.ts'
import { rescueAttempts } from './vault/upkeep/rescue-attempts.ts'
import { promoteLeftDrafts } from './vault/import/promote-left-drafts.ts'
import { openWebhooks } from './webhooks/deliver.ts'
import type { Events } from './observe/observed-events.ts'

export interface Daemon extends AsyncDisposable {
  readonly vaultId: string
  /** `http://127.0.0.1:7420` or `unix:/path`. */
  readonly privateAddress: string
  readonly publicAddress: string
  /** Reads the secret files again, uses changed secrets, and logs the changes. */
  reloadSecrets(): void
}

/** What the daemon needs besides its settings. */
export type Runtime = {
  readonly clock: Clock
  readonly random: Random
  readonly events: Events
  readonly version: string
}

/**
 * Builds the ports from the settings, and listeners and jobs from the ports. Dispose the daemon to
 * stop.
 */
export async function startDaemon(config: Config, runtime: Runtime): Promise<Daemon> {
  await using opened = new AsyncDisposableStack()
  const { clock } = runtime
  const webhooks = openWebhooks({ endpoints: config.webhooks, clock })
  const vault = await unlockVault(config, runtime, opened)
  const configured = configureProviders(config.providers, config.policy.publicUrl)
  const ports = { ...(await composePorts(config, runtime, { ...vault, configured })), webhooks }
  const flights = ports.flights
  const follower = new ClockFollower(ports, vault.lastAliveAt)
  const setBackBy = await follower.follow()
  if (setBackBy > 0) runtime.events.clockStepped({ byMs: -setBackBy })
  const schedule = new Schedule(jobsOf(ports, follower), { clock, report: runtime.events })
  const everything = { ...ports, pulse: schedule } satisfies Ports
  runtime.events.metrics.watch(everything)
  await unlessStoreFails(() => keepWebhooks(ports))
  // From here on, Larder sends requests to providers. If the start fails, received tokens are
  // stored before the process ends.
  opened.defer(() => flights.land())
  const rotations = await replayJournal(ports)
  const attempts = await rescueAttempts(ports, 'at start')
  if (rotations + attempts > 0) runtime.events.recovered({ rotations, attempts })
  void unlessStoreFails(() => promoteLeftDrafts(ports))
  // Runs after the listeners have closed.
  opened.defer(() => unlessStoreFails(() => writeLastReads(ports)))
  const listeners = await openListeners(config, runtime, { ports: everything, opened })
  // Disposal runs in reverse order: refreshes end while requests are still answered, then listeners
  // close.
  opened.defer(() => flights.land())
  opened.use(schedule)
  // Dispose the webhooks before the schedule: the schedule waits for running deliveries, and a
  // receiver may be slow.
  opened.use(webhooks)
  schedule.start()
  announceProviders(ports, runtime.events)
  await unlessStoreFails(() => announceMissing(ports, runtime.events))
  await announceWebhooks(ports, runtime.events)
  const running = opened.move()
  return {
    vaultId: vault.vaultId,
    ...listeners,
    reloadSecrets: () =>
      reloadSecrets({ ...ports, config, configured, webhooks, events: runtime.events }),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/**
 * Ignores a failure of the store, for example a full disk, because stored tokens can still be
 * returned.
 */
async function unlessStoreFails(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // The store has already reported this failure.
    if (!(error instanceof StoreError)) throw error
  }
}

async function unlockVault(config: Config, runtime: Runtime, opened: AsyncDisposableStack) {
  const { clock, random, events } = runtime
  const database = opened.use(await openVault(config.dataDir, config.database))
  const keyring = opened.use(await unlock(database, config, runtime))
  const sealer = createSealer(keyring)
  const { cacheBytes } = config
  const options = {
    sealer,
    clock,
    random,
    cacheBytes,
    onUnreadable: (e: Unreadable) => events.unreadable(e),
    onFailed: events.storeFailed,
    onWritten: events.storeWritten,
  }
  const store = opened.use(await database.openStore(options))
  if (!database.indexesFit) events.indexesRemade()
  const journal = opened.use(new FileJournal(config.dataDir, sealer))
  const { lastAliveAt } = database
  return { vaultId: keyring.vaultId, sealer, store, journal, dataKeys: keyring, lastAliveAt }
}

/**
 * Opens the keyring, or creates it in a new vault. Throws for a wrong key before anything is
 * written.
 */
async function unlock(database: VaultDatabase, config: Config, runtime: Runtime): Promise<Keyring> {
  assertExpected(database, config)
  const master = config.masterKey.take()
  if (database.keys !== null) return openKeys(master, database.keys, runtime.events)
  const vaultId = Buffer.from(runtime.random.bytes(16)).toString('hex')
  const { records, keyring } = await createKeyring(master, vaultId, runtime.clock.now())
  await database.create(records)
  runtime.events.vaultMade({ vaultId })
  return keyring
}

/**
 * Call before the master key is checked: for another vault, that check would report a wrong key.
 */
function assertExpected({ keys }: VaultDatabase, { vaultId }: Config): void {
  if (vaultId === null || keys?.vaultId === vaultId) return
  throw new ConfigError(['LARDER_VAULT_ID: the database holds another vault or none'])
}

/**
 * Reports each data key that does not open, and continues: only values sealed with that key are
 * lost.
 */
async function openKeys(master: Uint8Array, records: VaultKeys, events: Events): Promise<Keyring> {
  const keyring = await openKeyring(master, records).catch(asDamage)
  for (const { id, purpose } of records.keys) {
    const isLost = purpose === 'data' && !keyring.dataKeys.has(id)
    if (isLost) events.unreadable({ id, table: 'data_keys', field: 'wrapped' })
  }
  return keyring
}

function asDamage(error: unknown): never {
  throw error instanceof SealError ? new OpenError('corrupt', error.message, error) : error
}

type Vault = Pick<Ports, 'sealer' | 'store' | 'journal' | 'dataKeys'> & {
  readonly configured: ConfiguredProviders
  readonly lastAliveAt: Instant | null
}

async function composePorts(
  config: Config,
  { clock, random, events }: Runtime,
  { sealer, store, journal, dataKeys, lastAliveAt, configured }: Vault,
): Promise<Omit<Ports, 'pulse' | 'webhooks'>> {
  const { policy } = config
  const egress = await openEgress({ clock })
  await warmUp({ egress, clock })
  const callers = new KnownCallers(digestOfSecret(config.apiKey), await store.liveApiKeys())
  return {
    clock,
    random,
    store,
    sealer,
    dataKeys,
    endpoint: createTokenEndpoint({
      configured,
      egress,
      clock,
      sealer,
      observer: events,
      deadlineMs: policy.deadlineMs,
    }),
    providers: configured.providers,
    observer: events,
    callers,
    flights: new SingleFlights(),
    lastReads: new NotedReads(clock, policy, lastAliveAt),
    journal,
    traffic: new Lanes(clock, policy, await store.circuits()),
    policy,
  }
}

/**
 * Longer than one refresh can take, so that requests that wait for a refresh are still answered.
 */
const CLOSE_WITHIN_MS = 60_000
/** The limit is high, because an app with many workers keeps many connections open. */
const PRIVATE_CONNECTIONS = 2_000
const PUBLIC_CONNECTIONS = 1_000

async function openListeners(
  config: Config,
  runtime: Runtime,
  { ports, opened }: { readonly ports: Ports; readonly opened: AsyncDisposableStack },
): Promise<Pick<Daemon, 'privateAddress' | 'publicAddress'>> {
  const { events, version } = runtime
  const extras = {
    allowedHosts: config.allowedHosts,
    onUnixSocket: config.listen.kind === 'unix',
    logFailure: (e: Parameters<Events['requestFailed']>[0]) => events.requestFailed(e),
    requestAnswered: (e: Parameters<Events['requestAnswered']>[0]) => events.requestAnswered(e),
    metrics: events.metrics.scrape,
    version,
  }
  const privateApp = createPrivateApp(ports, extras)
  const publicApp = createPublicApp(ports, events)
  const closeWithinMs = CLOSE_WITHIN_MS
  const inside = { closeWithinMs, maxConnections: PRIVATE_CONNECTIONS }
  const outside = { closeWithinMs, maxConnections: PUBLIC_CONNECTIONS }
  const inner = opened.use(await listen(privateApp.callback(), config.listen, inside))
  const outer = opened.use(await listen(publicApp.callback(), config.publicListen, outside))
  return { privateAddress: inner.address, publicAddress: outer.address }
}

function announceProviders(ports: Pick<Ports, 'providers'>, events: Events): void {
  for (const { id, connectsBy, redirectUri } of ports.providers.values()) {
    // A provider without a consent page needs no redirect URI.
    if (connectsBy === 'link') events.providerReady({ provider: id, redirectUri })
  }
}

/**
 * Reports providers that have connections but no settings, because they were removed or misspelt.
 */
async function announceMissing(
  { clock, store, providers }: Pick<Ports, 'clock' | 'store' | 'providers'>,
  events: Events,
): Promise<void> {
  // A census counts all connections, which takes long in a large vault.
  if ((await store.providersInUse()).every((provider) => providers.has(provider))) return
  const { byStatus } = await store.census(clock.now())
  const missing = byStatus.filter(({ provider }) => !providers.has(provider))
  for (const provider of new Set(missing.map((row) => row.provider))) {
    const rows = missing.filter((row) => row.provider === provider)
    const connections = rows.reduce((sum, { count }) => sum + count, 0)
    events.providerMissing({ provider, connections })
  }
}

/** Logs at each start which webhooks are disabled. */
async function announceWebhooks(
  ports: Pick<Ports, 'store' | 'webhooks'>,
  events: Events,
): Promise<void> {
  for (const { state } of await listWebhooks(ports)) {
    const { id, disabled } = state
    if (disabled !== null) events.webhookDisabled({ webhook: id, reason: disabled.reason })
  }
}

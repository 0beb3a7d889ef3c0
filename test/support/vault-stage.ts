import type { Caller } from '../../src/core/base/access.ts'
import { isLive, type LiveConnection } from '../../src/core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { DEFAULT_REFRESH_POLICY } from '../../src/core/refresh/refresh-policy.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { type Egress, openEgress } from '../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../src/oauth/methods/endpoint.ts'
import { configureProviders } from '../../src/oauth/recipe/configure-providers.ts'
import type { Clock, Policy, Ports } from '../../src/ports/ports.ts'
import { systemRandom } from '../../src/observe/system-clock.ts'
import { SingleFlights } from '../../src/vault/refresh/flights.ts'
import { NotedReads } from '../../src/vault/tokens/last-reads.ts'
import { importTokens, type TokenImport } from '../../src/vault/import/import-tokens.ts'
import { KnownCallers } from '../../src/vault/operate/known-callers.ts'
import { Lanes } from '../../src/vault/refresh/lanes.ts'
import { refreshDue } from '../../src/vault/upkeep/refresh-due.ts'
import { FileJournal } from '../../src/store/journal.ts'
import { digestOfSecret } from '../../src/seal/open-settings.ts'
import { NO_WEBHOOKS } from './no-webhooks.ts'
import { type OpenVault, openVaultStore } from './open-vault-store.ts'
import { recordingObserver } from './recording-observer.ts'
import { createScriptedProvider } from '../scripted-provider/create-scripted-provider.ts'
import type { MintOptions } from '../scripted-provider/commands.ts'
import type { ScriptedProvider } from '../scripted-provider/scripted-provider.ts'
import type { ScriptedProviderOptions } from '../scripted-provider/settings.ts'
import { ShiftedClock } from './shifted-clock.ts'
import { until } from './until.ts'

export const OPERATOR: Caller = {
  keyId: 'bootstrap',
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
}

export const ACME = 'acme' as ProviderId
/** A second id for the same provider. */
export const OTHER = 'other' as ProviderId

type Settings = Readonly<Record<string, unknown>>

export type StageOptions = ScriptedProviderOptions & {
  readonly provider?: Settings | ((endpoints: ScriptedProvider['endpoints']) => Settings)
  readonly policy?: Partial<Policy>
  readonly dataDir?: string
  /** Waits are shorter by this factor. Use 1 to measure rates. */
  readonly clockSpeed?: number
  readonly egress?: (clock: Clock) => Promise<Egress>
  /** In real time, whatever the speed of the clock. */
  readonly deadlineMs?: number
}

export type Stage = Awaited<ReturnType<typeof openStage>>

/** Wires the use cases to a real store and a real token endpoint of a scripted provider. */
export async function openStage(options: StageOptions = {}) {
  const {
    provider: settings,
    policy,
    dataDir,
    clockSpeed,
    egress,
    deadlineMs,
    ...scripted
  } = options
  await using opened = new AsyncDisposableStack()
  const provider = opened.use(await createScriptedProvider(scripted))
  const clock = new ShiftedClock(clockSpeed)
  const vault = opened.use(await openVaultStore({ clock, ...(dataDir ? { dataDir } : {}) }))
  const journal = opened.use(new FileJournal(vault.dataDir, vault.sealer))
  const composed = await composeVault({
    journal,
    provider,
    clock,
    vault,
    settings: typeof settings === 'function' ? settings(provider.endpoints) : (settings ?? {}),
    policy: policy ?? {},
    egress: await (egress?.(clock) ?? openEgress({ clock })),
    deadlineMs: deadlineMs ?? policy?.deadlineMs ?? 2_000,
  })
  opened.defer(() => composed.ports.flights.land())
  const running = opened.move()
  /** Waits until the provider has seen the end of every request, which is a little later than here. */
  const allRequestsClosed = async () =>
    provider.until({ phase: 'closed', count: await provider.requestCount() })
  return {
    ...composed,
    provider,
    clock,
    vault,
    /** Mints a grant at the provider and imports its tokens. */
    async adopt(how: MintOptions & { demand?: Partial<TokenImport> } = {}) {
      const { demand, ...mint } = how
      const [minted] = await provider.mintGrants(1, mint)
      if (minted === undefined) throw new Error('no grant was minted')
      const { connection } = await importTokens(composed.ports, OPERATOR, {
        ...NOTHING,
        userId: `user-${minted.account.id}` as UserId,
        provider: ACME,
        accessToken: new Secret(minted.accessToken),
        refreshToken: new Secret(minted.refreshToken),
        expiresAt: clock.now() + minted.expiresInSeconds * 1000,
        accountId: minted.account.id,
        scope: ['read', 'write'],
        ...demand,
      })
      return { ...minted, connection }
    },
    allRequestsClosed,
    /** Lets time pass, here and at the provider. */
    async pass(ms: number): Promise<void> {
      await allRequestsClosed()
      clock.pass(ms)
      await provider.advanceTime(ms)
    },
    /** Scans until nothing is due and no flight is left. */
    async refreshDue(): Promise<void> {
      const { ports } = composed
      // A flight starts a little after its scan, so the next scan sees it.
      while ((await refreshDue(ports)) > 0 || ports.flights.size > 0)
        await until('the flights to land', () => ports.flights.size === 0, 60_000)
    },
    /** The connection as stored. */
    async stored(id: ConnectionId): Promise<LiveConnection> {
      const connection = await vault.store.connection(id)
      if (connection === null || !isLive(connection)) throw new Error(`no live connection ${id}`)
      return connection
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export const NOTHING = {
  accessToken: null,
  refreshToken: null,
  scope: null,
  expiresAt: null,
  email: null,
  accountId: null,
  client: null,
  params: {},
  label: null,
  metadata: null,
} as const

async function composeVault(from: {
  readonly provider: ScriptedProvider
  readonly clock: ShiftedClock
  readonly vault: OpenVault
  readonly journal: FileJournal
  readonly settings: Settings
  readonly policy: Partial<Policy>
  readonly egress: Egress
  readonly deadlineMs: number
}) {
  const { provider, clock, vault, egress, deadlineMs } = from
  const { observer, observed } = recordingObserver()
  const policy: Policy = {
    ...DEFAULT_REFRESH_POLICY,
    redirectUrls: ['https://app.example.com/oauth'],
    confirm: 'page',
    publicUrl: 'http://localhost:7421',
    concurrencyPerProvider: 4,
    ratePerSecond: 1_000,
    ...from.policy,
  }
  const settings = { ...settingsFor(provider), ...from.settings }
  const clientSecrets = provider.client.secrets.map((secret) => new Secret(secret))
  const configured = configureProviders(
    [ACME, OTHER].map((id) => ({ id, settings, clientSecrets })),
    policy.publicUrl,
  )
  const callers = new KnownCallers(digestOfSecret(new Secret('root-key')), [])
  const ports: Ports = {
    clock,
    random: systemRandom,
    store: vault.store,
    sealer: vault.sealer,
    dataKeys: vault.dataKeys,
    endpoint: createTokenEndpoint({
      configured,
      egress,
      clock,
      sealer: vault.sealer,
      deadlineMs,
    }),
    providers: configured.providers,
    observer,
    callers,
    flights: new SingleFlights(),
    lastReads: new NotedReads(clock, policy, clock.now()),
    journal: from.journal,
    traffic: new Lanes(clock, policy, await vault.store.circuits()),
    pulse: { stopping: false, lagMs: 0, jobs: [] },
    webhooks: NO_WEBHOOKS,
    policy,
  }
  return { ports, observed }
}

/** The settings of a scripted provider. */
export function settingsFor(provider: Pick<ScriptedProvider, 'endpoints' | 'client'>) {
  const { authorize, token, userinfo, revoke } = provider.endpoints
  return {
    authorizationEndpoint: authorize,
    tokenEndpoint: token,
    userinfoEndpoint: userinfo,
    revocationEndpoint: revoke,
    revocation: { reach: 'token' },
    clientId: provider.client.id,
    scopes: ['read', 'write'],
  }
}

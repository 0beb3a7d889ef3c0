import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { isLive, type LiveConnection } from '../../src/core/connection/connection.ts'
import { DEFAULT_REFRESH_POLICY } from '../../src/core/refresh/refresh-policy.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { type Egress, openEgress } from '../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../src/oauth/methods/endpoint.ts'
import { configureProviders } from '../../src/oauth/recipe/configure-providers.ts'
import { one } from '../../src/oauth/answer/read-answer.ts'
import type { Recipe } from '../../src/oauth/recipe/preset-schema.ts'
import type { Policy, Ports } from '../../src/ports/ports.ts'
import { FileJournal } from '../../src/store/journal.ts'
import { digestOfSecret } from '../../src/seal/open-settings.ts'
import { systemRandom } from '../../src/observe/system-clock.ts'
import { SingleFlights } from '../../src/vault/refresh/flights.ts'
import { NotedReads } from '../../src/vault/tokens/last-reads.ts'
import { KnownCallers } from '../../src/vault/operate/known-callers.ts'
import { Lanes } from '../../src/vault/refresh/lanes.ts'
import { NO_WEBHOOKS } from '../support/no-webhooks.ts'
import { type OpenVault, openVaultStore } from '../support/open-vault-store.ts'
import { type Observed, recordingObserver } from '../support/recording-observer.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import type { Dialect } from './dialect.ts'
import { type DialectServer, startDialectServer } from './dialect-server.ts'

export const HOME = 'https://app.example.com/oauth'
const PUBLIC_URL = 'http://localhost:7421'
const CLIENT = { id: 'client-1', secret: 's3cret-Of_the.client' }

export type ContractStage = AsyncDisposable & {
  readonly id: ProviderId
  readonly dialect: Dialect
  readonly vendor: DialectServer
  readonly clock: ShiftedClock
  readonly ports: Ports
  readonly recipe: Recipe
  readonly observed: readonly Observed[]
  /** Opens the provider's page as a browser would. Returns the parameters of the callback. */
  consent(url: string): Promise<ReadonlyMap<string, string>>
  stored(id: ConnectionId): Promise<LiveConnection>
}

/** Wires the use cases to a real store, one preset, and a server that plays its vendor. */
export async function openContractStage(
  id: string,
  dialect: Dialect,
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<ContractStage> {
  await using opened = new AsyncDisposableStack()
  const clock = new ShiftedClock(100)
  const client = { ...CLIENT, secret: dialect.secret ?? CLIENT.secret }
  const redirectUri = `${PUBLIC_URL}/callback/${id}`
  const now = () => clock.now()
  const vendor = opened.use(
    await startDialectServer({ dialectAt: () => dialect, client, redirectUri, now }),
  )
  const vault = opened.use(await openVaultStore({ clock }))
  const journal = opened.use(new FileJournal(vault.dataDir, vault.sealer))
  const egress = sendAllTo(vendor, await openEgress({ clock }))
  const { observer, observed } = recordingObserver()
  const { ports, recipe } = await composePorts({
    settings: { id, settings: { clientId: client.id, ...dialect.settings, ...overrides } },
    secret: client.secret,
    clock,
    vault,
    journal,
    observer,
    egress,
  })
  opened.defer(() => ports.flights.land())
  const running = opened.move()
  return {
    id: id as ProviderId,
    dialect,
    vendor,
    clock,
    ports,
    recipe,
    observed,
    consent: (url) => visit(vendor, egress, url),
    stored: (connectionId) => storedIn(vault, connectionId),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function storedIn({ store }: OpenVault, id: ConnectionId): Promise<LiveConnection> {
  const connection = await store.connection(id)
  if (connection === null || !isLive(connection)) throw new Error(`no live ${id}`)
  return connection
}

/** Sends every request to this vendor, with the host name that the preset wanted. */
function sendAllTo(vendor: DialectServer, door: Egress): Egress {
  return {
    send(request) {
      const { url, headers, reach } = request
      if (reach !== 'public' || url.protocol !== 'https:') {
        vendor.complaints.push(`${url.origin} is asked as ${reach}`)
      }
      const at = new URL(`http://127.0.0.1:${vendor.port}${url.pathname}${url.search}`)
      const named = { ...headers, host: url.host }
      return door.send({ ...request, url: at, headers: named, reach: 'loopback' })
    },
  }
}

async function visit(
  vendor: DialectServer,
  egress: Egress,
  url: string,
): Promise<ReadonlyMap<string, string>> {
  const page = await egress.send({
    method: 'GET',
    url: new URL(url),
    headers: {},
    body: null,
    reach: 'public',
    deadlineMs: 5_000,
  })
  if (page.kind !== 'answered') throw new Error(`the provider's page: ${page.kind}`)
  const html = Buffer.from(page.body).toString()
  const location = one(page.headers['location'])
  if (location !== null) return new Map(new URL(location).searchParams)
  if (page.status !== 200) throw new Error(`the vendor refuses: ${vendor.complaints.join('; ')}`)
  return new Map(
    [...html.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
}

async function composePorts(from: {
  readonly settings: { readonly id: string; readonly settings: Readonly<Record<string, unknown>> }
  readonly secret: string
  readonly clock: ShiftedClock
  readonly vault: OpenVault
  readonly journal: FileJournal
  readonly observer: Ports['observer']
  readonly egress: Egress
}): Promise<{ readonly ports: Ports; readonly recipe: Recipe }> {
  const { clock, vault, observer, egress } = from
  const policy: Policy = {
    ...DEFAULT_REFRESH_POLICY,
    redirectUrls: [HOME],
    confirm: 'page',
    publicUrl: PUBLIC_URL,
    concurrencyPerProvider: 4,
    ratePerSecond: 1_000,
  }
  const clientSecrets = from.secret === '' ? [] : [new Secret(from.secret)]
  const configured = configureProviders([{ ...from.settings, clientSecrets }], PUBLIC_URL)
  const ports: Ports = {
    clock,
    random: systemRandom,
    store: vault.store,
    sealer: vault.sealer,
    dataKeys: vault.dataKeys,
    journal: from.journal,
    webhooks: NO_WEBHOOKS,
    endpoint: createTokenEndpoint({ configured, egress, clock, sealer: vault.sealer }),
    providers: configured.providers,
    observer,
    callers: new KnownCallers(digestOfSecret(new Secret('root-key')), []),
    flights: new SingleFlights(),
    lastReads: new NotedReads(clock, policy, clock.now()),
    traffic: new Lanes(clock, policy, await vault.store.circuits()),
    pulse: { stopping: false, lagMs: 0, jobs: [] },
    policy,
  }
  const recipe = configured.configured.get(from.settings.id as ProviderId)?.recipe
  if (recipe === undefined) throw new Error('the provider is not configured')
  return { ports, recipe }
}

export const USER = 'user-1' as UserId

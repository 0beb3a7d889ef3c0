import type { ConnectLink } from '../../src/core/connect/flow.ts'
import type { ProviderId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { DEFAULT_REFRESH_POLICY } from '../../src/core/refresh/refresh-policy.ts'
import { openEvents } from '../../src/observe/events.ts'
import { listen } from '../../src/http/listen.ts'
import type { PublicPorts } from '../../src/http/public/site.ts'
import { createPublicApp } from '../../src/http/public/public-app.ts'
import { openEgress } from '../../src/oauth/egress/egress.ts'
import { createTokenEndpoint } from '../../src/oauth/methods/endpoint.ts'
import { configureProviders } from '../../src/oauth/recipe/configure-providers.ts'
import { systemClock, systemRandom } from '../../src/observe/system-clock.ts'
import { createLink } from '../../src/vault/connect/create-link.ts'
import { withdrawLink } from '../../src/vault/connect/withdraw-link.ts'
import { openVaultStore } from './open-vault-store.ts'
import type { LinkRequest } from '../../src/vault/connect/request-problems.ts'

export const REDIRECT_URL = 'https://app.example.com/oauth/done'

const OPERATOR = {
  keyId: 'bootstrap',
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
} as const

export type PublicListener = Awaited<ReturnType<typeof openPublicListener>>

/** Opens the public listener on a real store, with providers at unreachable addresses. */
export async function openPublicListener(
  settings: {
    readonly publicUrl?: string
    readonly now?: () => number
    readonly dataDir?: string
  } = {},
) {
  const clock = { ...systemClock, ...(settings.now && { now: settings.now }) }
  const vault = await openVaultStore({
    clock,
    ...(settings.dataDir && { dataDir: settings.dataDir }),
  })
  const log: string[] = []
  const events = openEvents({ level: 'trace', sink: { write: (line) => void log.push(line) } })
  const publicUrl = settings.publicUrl ?? 'http://localhost:7421'
  const configured = configureProviders(PROVIDERS, publicUrl)
  const ports: PublicPorts = {
    clock,
    random: systemRandom,
    store: vault.store,
    sealer: vault.sealer,
    endpoint: createTokenEndpoint({
      configured,
      egress: await openEgress({ clock }),
      clock,
      sealer: vault.sealer,
      deadlineMs: 5_000,
    }),
    providers: configured.providers,
    observer: events,
    policy: {
      ...DEFAULT_REFRESH_POLICY,
      redirectUrls: ['https://app.example.com/oauth', 'myapp://done'],
      confirm: 'page',
      publicUrl,
      concurrencyPerProvider: 4,
      ratePerSecond: 10,
    },
  }
  const app = createPublicApp(ports, events)
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
  const limits = { closeWithinMs: 0, maxConnections: null }
  const listener = await listen(app.callback(), at, limits)
  return {
    address: listener.address,
    ports,
    dataDir: vault.dataDir,
    /** The log so far. */
    log: () => log.join(''),
    close: () => listener[Symbol.asyncDispose](),
    /** Creates a link. Returns it with the path of its page. */
    async createLink(
      demand: Partial<LinkRequest> = {},
    ): Promise<{ link: ConnectLink; path: string }> {
      const { link, url } = await createLink(ports, OPERATOR, { ...DEMAND, ...demand })
      return { link, path: new URL(url).pathname }
    },
    withdraw: (link: ConnectLink) => withdrawLink(ports, OPERATOR, link.id),
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      await vault[Symbol.asyncDispose]()
    },
  }
}

const DEMAND: LinkRequest = {
  userId: 'user-1' as UserId,
  providers: ['acme' as ProviderId],
  redirectUrl: REDIRECT_URL,
  scope: null,
  email: null,
  expectedAccount: null,
  state: null,
  label: null,
  displayName: 'Ada Lovelace',
  metadata: null,
  connectionId: null,
  client: null,
  params: {},
  ttlSeconds: 900,
  confirm: null,
}

/** A provider that these tests never request. */
function provider(id: string, settings: Readonly<Record<string, unknown>>) {
  return {
    id,
    settings: { clientId: 'larder', scopes: ['calendar'], ...settings },
    clientSecrets: [new Secret('a secret of the client')],
  }
}

function byEndpoints(host: string) {
  return {
    authorizationEndpoint: `https://${host}/authorize`,
    tokenEndpoint: `https://${host}/token`,
  }
}

const PROVIDERS = [
  provider('acme', { name: 'Acme', ...byEndpoints('acme.example') }),
  provider('odd', { name: 'Odd & <b>Sons</b>', ...byEndpoints('odd.example') }),
  // No server is there, so its discovery fails.
  provider('away', { name: 'Away', issuer: 'http://127.0.0.1:1' }),
]

import type { ConnectLink } from '../../src/core/authorization.ts'
import type { ProviderId, UserId } from '../../src/core/ids.ts'
import type { Provider } from '../../src/core/provider.ts'
import { DEFAULT_REFRESH_POLICY } from '../../src/core/refresh-policy.ts'
import { openEvents } from '../../src/events.ts'
import { listen } from '../../src/http/listen.ts'
import type { PublicPorts } from '../../src/http/public/site.ts'
import { createPublicApp } from '../../src/http/public.ts'
import type { TokenEndpoint } from '../../src/ports.ts'
import { systemClock, systemRandom } from '../../src/system.ts'
import { createLink, type LinkDemand } from '../../src/vault/create-link.ts'
import { withdrawLink } from '../../src/vault/withdraw-link.ts'
import { openVaultStore } from './open-vault-store.ts'

export const REDIRECT_URL = 'https://app.example.com/oauth/done'

const OPERATOR = {
  keyId: 'bootstrap',
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
} as const

export type PublicListener = Awaited<ReturnType<typeof openPublicListener>>

/** The public app on a real store; without `endpoint`, whatever is asked of a provider fails. */
export async function openPublicListener(
  settings: {
    readonly publicUrl?: string
    readonly endpoint?: TokenEndpoint
    readonly providers?: readonly Provider[]
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
  const providers = settings.providers ?? [ACME, ODD]
  const ports: PublicPorts = {
    clock,
    random: systemRandom,
    store: vault.store,
    sealer: vault.sealer,
    endpoint: settings.endpoint ?? SILENT,
    providers: new Map(providers.map((provider) => [provider.id, provider])),
    observer: events,
    policy: {
      ...DEFAULT_REFRESH_POLICY,
      redirectUrls: ['https://app.example.com/oauth', 'myapp://done'],
      confirm: 'page',
      publicUrl: settings.publicUrl ?? 'http://localhost:7421',
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
    /** What operators would read. */
    log: () => {
      events.flush()
      return log.join('')
    },
    close: () => listener[Symbol.asyncDispose](),
    /** A link, and the path of its page. */
    async createLink(
      demand: Partial<LinkDemand> = {},
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

const DEMAND: LinkDemand = {
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

function makeProvider(id: string, name: string): Provider {
  return {
    id: id as ProviderId,
    name,
    connectsBy: 'link',
    scopes: ['calendar'],
    identityScopes: ['openid'],
    params: {},
    redirectUri: `http://localhost:7421/callback/${id}`,
    apiHeader: { name: 'Authorization', scheme: 'Bearer' },
    refresh: {
      replay: 'allowed',
      graceMs: 30_000,
      accessTokenLifetimeMs: null,
      refreshTokenLifetimeMs: null,
      refreshTokenIdleMs: null,
    },
    revocation: { supported: true, reach: 'token' },
    deniedBy: [],
    unsupportedBy: [],
  }
}

const ACME = makeProvider('acme', 'Acme')
const ODD = makeProvider('odd', 'Odd & <b>Sons</b>')

/** Pages are served without a word to any provider. */
const SILENT = new Proxy({} as TokenEndpoint, {
  get() {
    throw new Error('a provider was asked')
  },
})

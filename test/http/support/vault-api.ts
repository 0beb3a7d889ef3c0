import { createHash } from 'node:crypto'
import type { ReceivedTokens } from '../../../src/core/refresh/refresh-outcome.ts'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { type Provider, UNKNOWN_TRAITS } from '../../../src/core/connection/provider.ts'
import { DEFAULT_REFRESH_POLICY } from '../../../src/core/refresh/refresh-policy.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import { listen } from '../../../src/http/listen.ts'
import { createPrivateApp } from '../../../src/http/private/private-app.ts'
import type { LogFailure } from '../../../src/http/private/send-problem.ts'
import type { Ports } from '../../../src/ports/ports.ts'
import type { TokenEndpoint } from '../../../src/ports/token-endpoint.ts'
import { systemRandom } from '../../../src/observe/system-clock.ts'
import { SingleFlights } from '../../../src/vault/refresh/flights.ts'
import { NotedReads } from '../../../src/vault/tokens/last-reads.ts'
import { KnownCallers } from '../../../src/vault/operate/known-callers.ts'
import { Lanes } from '../../../src/vault/refresh/lanes.ts'
import { NO_WEBHOOKS } from '../../support/no-webhooks.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'
import { ask, type Answered, type Question } from './ask.ts'
import { surprises } from './conform.ts'
import type { Observer } from '../../../src/ports/observer.ts'

export const ROOT_KEY = 'root-key-of-the-tests-0123456789abcdef'
export const START = Date.UTC(2026, 10, 22, 12)

export interface VaultApi extends AsyncDisposable {
  readonly address: string
  readonly dataDir: string
  readonly ports: Ports
  readonly failures: readonly Parameters<LogFailure>[0][]
  /** The provider; a test may replace its methods. */
  readonly endpoint: { -readonly [K in keyof TokenEndpoint]: TokenEndpoint[K] }
  now: number
  /**
   * Sends a request with the root key unless it has its own, and checks the answer against OpenAPI.
   */
  ask(question: Question): Promise<Answered>
  /** The same without the check, for requests that the document does not describe. */
  askUnchecked(question: Question): Promise<Answered>
}

/** The private API on a real vault; the test controls the clock and the provider. */
export async function openVaultApi(): Promise<VaultApi> {
  const time = { now: START }
  const clock = {
    now: () => time.now,
    monotonic: () => time.now,
    // A sleep with a signal limits the wait for other work, which here always ends first.
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        if (signal === undefined) setImmediate(resolve)
        else signal.addEventListener('abort', () => resolve())
      }),
  }
  const vault = await openVaultStore({ clock })
  const endpoint = obligingEndpoint(() => time.now)
  const ports = portsOf(vault, clock, endpoint)
  const failures: Parameters<LogFailure>[0][] = []
  const app = createPrivateApp(ports, {
    allowedHosts: [],
    onUnixSocket: false,
    version: '0.0.0-test',
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    logFailure: (failure) => failures.push(failure),
    requestAnswered: () => {},
  })
  const at = { kind: 'tcp', host: '127.0.0.1', port: 0 } as const
  const listener = await listen(app.callback(), at, { closeWithinMs: 200, maxConnections: null })
  const askWithKey = (question: Question) =>
    ask(listener.address, {
      ...question,
      headers: { authorization: `Bearer ${ROOT_KEY}`, ...question.headers },
    })
  return {
    address: listener.address,
    dataDir: vault.dataDir,
    ports,
    failures,
    endpoint,
    get now() {
      return time.now
    },
    set now(value) {
      time.now = value
    },
    ask: async (question) => {
      const answer = await askWithKey(question)
      const unforeseen = surprises(question.method ?? 'GET', question.path, answer)
      if (unforeseen.length > 0) throw new Error(unforeseen.join('\n'))
      return answer
    },
    askUnchecked: askWithKey,
    [Symbol.asyncDispose]: async () => {
      await listener[Symbol.asyncDispose]()
      await ports.flights.land()
      await vault[Symbol.asyncDispose]()
    },
  }
}

function portsOf(
  vault: Pick<Ports, 'store' | 'sealer' | 'dataKeys'>,
  clock: Ports['clock'],
  endpoint: TokenEndpoint,
): Ports {
  const policy = {
    ...DEFAULT_REFRESH_POLICY,
    redirectUrls: ['https://app.example.com/oauth', 'myapp://done'],
    confirm: 'page',
    publicUrl: 'http://localhost:7421',
    concurrencyPerProvider: 4,
    ratePerSecond: 1000,
  } as const
  return {
    store: vault.store,
    sealer: vault.sealer,
    dataKeys: vault.dataKeys,
    clock,
    endpoint,
    policy,
    random: systemRandom,
    providers: new Map([acme, odd].map((provider) => [provider.id, provider])),
    observer: SILENT,
    callers: new KnownCallers(createHash('sha256').update(ROOT_KEY).digest(), []),
    flights: new SingleFlights(),
    lastReads: new NotedReads(clock, policy, clock.now()),
    journal: NO_JOURNAL,
    traffic: new Lanes(clock, policy, []),
    pulse: { stopping: false, lagMs: 0, jobs: [] },
    webhooks: NO_WEBHOOKS,
  }
}

export const acme: Provider = {
  id: 'acme' as ProviderId,
  name: 'Acme',
  connectsBy: 'link',
  credentials: null,
  accountParam: null,
  scopes: ['calendar'],
  identityScopes: ['openid', 'email'],
  params: {
    tenant: { description: 'Whose', pattern: /[a-z]+/, required: false, default: null },
  },
  redirectUri: 'http://localhost:7421/callback/acme',
  apiHeader: { name: 'Authorization', scheme: 'Bearer' },
  refresh: {
    ...UNKNOWN_TRAITS,
    replay: 'allowed',
    graceMs: 30_000,
  },
  revocation: { supported: true, reach: 'token' },
  grantDomains: [],
  deniedBy: [],
  unsupportedBy: [],
}

/** A provider whose tokens go into a header of its own, without a scheme. */
export const odd: Provider = {
  ...acme,
  id: 'odd' as ProviderId,
  name: 'Odd',
  apiHeader: { name: 'X-Odd-Token', scheme: null },
  revocation: { supported: false, reach: 'token' },
}

/** A provider that grants everything, with a new token each time. */
function obligingEndpoint(now: () => number): VaultApi['endpoint'] {
  let count = 0
  const tokens = (): ReceivedTokens => {
    count++
    return {
      accessToken: new Secret(`access-of-the-provider-${count}`),
      tokenType: 'Bearer',
      expiresInSeconds: 3600,
      refreshToken: new Secret(`refresh-of-the-provider-${count}`),
      refreshTokenExpiresInSeconds: null,
      scope: null,
      providerData: {},
    }
  }
  return {
    begin: async ({ redirectUri, state }) => ({
      url: `https://acme.example/authorize?state=${state.expose()}&redirect_uri=${redirectUri}`,
      verifier: new Secret('verifier'),
      nonce: null,
    }),
    exchange: async ({ callback }) => {
      const error = callback.get('error')
      if (error !== undefined) return { kind: 'refused', error }
      const received = tokens()
      const account = { id: `acc-${count}`, email: `user-${count}@example.com`, name: null }
      return { kind: 'ok', tokens: received, account, sentAt: now() }
    },
    refresh: async () => ({ kind: 'ok', tokens: tokens() }),
    identify: async () => ({ kind: 'unknown' }),
    revoke: async () => ({ kind: 'revoked' }),
    canRevoke: async () => true,
    fetchToken: async () => ({ kind: 'ok', tokens: { ...tokens(), refreshToken: null } }),
    checkCredentials: async () => ({ kind: 'confirmed', account: NOBODY, providerData: {} }),
    clockSkewsMs: () => new Map(),
    faultOf: () => null,
    askIssuers: async () => {},
    secretInUse: () => null,
    clientName: (provider, client) => `${provider}/${client?.id ?? ''}`,
    clientKey: (provider, client) => `${provider}/${client?.id ?? ''}`,
    grantKeys: (provider, client) => [`${provider}/${client?.id ?? ''}`],
  }
}

const NOBODY = { id: null, email: null, name: null }

const NO_JOURNAL = { note: () => false, keep: () => false, entries: [], drop: () => undefined }

const ignore = (): void => undefined

const SILENT = new Proxy({}, { get: () => ignore }) as Observer

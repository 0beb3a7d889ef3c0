import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Provider, {
  type AdapterPayload,
  type ClientMetadata,
  type Configuration,
} from 'oidc-provider'
import type { Context } from 'koa'
import { mapAdapter } from './adapter.ts'
import { interactionPages } from './pages.ts'
import { listen } from '../support/listen.ts'
import { startSecondIdentityProvider } from './second-identity-provider.ts'

export type IdentityProviderOptions = {
  /** By default (null), any URL on a loopback host is a redirect URI. */
  readonly redirectUris?: readonly string[] | null
  readonly accessTokenSeconds?: number
  readonly account?: { readonly id: string; readonly email: string; readonly name: string }
  /** Whether the first visit redirects straight back to the client, without a page. */
  readonly autoConsent?: boolean
  /** Whether the user signs in at a second identity provider on another origin. */
  readonly secondProvider?: boolean
  readonly rotate?: boolean
  /** Awaited before each token request, so that a test can delay answers. */
  readonly beforeToken?: () => Promise<void>
}

export type TokenRequest = {
  readonly grantType: string
  readonly arrivedAt: number
  readonly answeredAt: number
  readonly status: number
  /** The OAuth error code; null after a success. */
  readonly error: string | null
}

export type IdentityProvider = Awaited<ReturnType<typeof startIdentityProvider>>

export const ACCOUNT = { id: 'acc-1', email: 'ada@example.com', name: 'Ada Lovelace' }

/** Starts a certified OpenID provider on 127.0.0.1 without TLS. Its state survives `stop` and `start`. */
export async function startIdentityProvider(options: IdentityProviderOptions = {}) {
  const account = { current: options.account ?? ACCOUNT }
  const auto = { consent: options.autoConsent === true }
  const life = { accessTokenSeconds: options.accessTokenSeconds ?? 30 }
  const entries = new Map<string, AdapterPayload>()
  const client = { id: 'larder-test', secret: randomBytes(24).toString('base64url') }
  const saveClient = () => entries.set(`Client:${client.id}`, clientOf(client, options))
  saveClient()

  const second = options.secondProvider
    ? await startSecondIdentityProvider(() => auto.consent)
    : null
  const server = createServer((request, response) => {
    // Otherwise a client could reuse a pooled connection that `stop` has closed.
    response.setHeader('connection', 'close')
    void callback(request, response)
  })
  let listening = await listen(server)
  const issuer = `http://127.0.0.1:${listening.port}`
  const provider = new Provider(issuer, configurationOf(entries, { account, life }, options))
  if (options.redirectUris == null) provider.Client.prototype.redirectUriAllowed = isLoopback
  const tokenRequests: TokenRequest[] = []
  provider.use(tokenLog(tokenRequests, options.beforeToken))
  provider.use(
    interactionPages(provider, {
      get account() {
        return account.current
      },
      upstream: () => second?.origin ?? null,
      autoConsent: () => auto.consent,
    }),
  )
  const callback = provider.callback()

  const stop = () => listening.close()
  return {
    issuer,
    clientId: client.id,
    get clientSecret() {
      return client.secret
    },
    /** Every request to the token endpoint, in the order of the answers. */
    tokenRequests: tokenRequests as readonly TokenRequest[],
    /** Ends every grant with its tokens, as when a user removes the app from the account. */
    revokeGrants() {
      for (const key of entries.keys()) {
        if (/^(Grant|RefreshToken|AccessToken|AuthorizationCode):/.test(key)) entries.delete(key)
      }
    },
    /** Every stored token, used ones too. None of them may be found anywhere in plain text. */
    issued(kind: 'RefreshToken' | 'AccessToken' | 'AuthorizationCode'): readonly string[] {
      const prefix = `${kind}:`
      return [...entries.keys()].flatMap((key) =>
        key.startsWith(prefix) ? [key.slice(prefix.length)] : [],
      )
    },
    /** Changes the client secret. */
    changeClientSecret(secret: string) {
      client.secret = secret
      saveClient()
    },
    /** Changes the account of later sign-ins. */
    changeAccount(next: typeof ACCOUNT) {
      account.current = next
    },
    /** Changes the lifetime of later access tokens. */
    setAccessTokenSeconds(seconds: number) {
      life.accessTokenSeconds = seconds
    },
    setAutoConsent(on: boolean) {
      auto.consent = on
    },
    stop,
    async start() {
      listening = await listen(server, listening.port)
    },
    async [Symbol.asyncDispose]() {
      await second?.close()
      await stop()
    },
  }
}

function clientOf(
  client: { readonly id: string; readonly secret: string },
  options: IdentityProviderOptions,
): AdapterPayload {
  return {
    client_id: client.id,
    client_secret: client.secret,
    application_type: 'native',
    redirect_uris: options.redirectUris ?? ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  } satisfies ClientMetadata
}

function configurationOf(
  entries: Map<string, AdapterPayload>,
  current: {
    readonly account: { readonly current: typeof ACCOUNT }
    readonly life: { readonly accessTokenSeconds: number }
  },
  options: IdentityProviderOptions,
): Configuration {
  const { account, life } = current
  const day = 86_400
  return {
    adapter: mapAdapter(entries),
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid', 'offline_access', 'calendar'],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: account.current.email,
        email_verified: true,
        name: account.current.name,
      }),
    }),
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
    },
    pkce: { required: () => true },
    rotateRefreshToken: options.rotate !== false,
    ttl: {
      AccessToken: () => life.accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: 300,
      RefreshToken: 30 * day,
      Interaction: 600,
      Session: day,
      Grant: 30 * day,
    },
    renderError: (ctx, out) => {
      ctx.type = 'text/plain'
      ctx.body = `${out.error}: ${out.error_description ?? ''}`
    },
  }
}

function tokenLog(log: TokenRequest[], before: (() => Promise<void>) | undefined) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    if (ctx.path !== '/token') return next()
    const arrivedAt = Date.now()
    await before?.()
    await next()
    const error = (ctx.body as { error?: string } | undefined)?.error ?? null
    const grantType = String(ctx['oidc']?.params?.grant_type ?? 'unknown')
    log.push({ grantType, arrivedAt, answeredAt: Date.now(), status: ctx.status, error })
  }
}

function isLoopback(redirectUri: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(redirectUri).hostname)
}

let keyPair: ReturnType<typeof generateKeyPairSync> | null = null

/** Made once per process, because an RSA key takes a tenth of a second. */
function signingKey() {
  keyPair ??= generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...keyPair.privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k1' }
}

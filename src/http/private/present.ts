import { type ConnectLink, linkStatus } from '../../core/connect/flow.ts'
import type {
  AccessToken,
  Connection,
  Grant,
  HeldCredentials,
} from '../../core/connection/connection.ts'
import { isLive, missingScope, tokenLives } from '../../core/connection/connection.ts'
import {
  type ConnectionView,
  iso,
  isoOrNull,
  viewConnection,
} from '../../core/events/connection-view.ts'
import type { Instant } from '../../core/base/ids.ts'
import { RecentIds } from '../../core/base/recent-ids.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { webhookStatus } from '../../core/events/webhook.ts'
import type { Ports } from '../../ports/ports.ts'
import type { FileCheck } from '../../ports/file-check.ts'
import type { ApiKey } from '../../ports/store.ts'
import { type Warning, warningsOf } from '../../vault/connect/connect-warnings.ts'
import type { CreatedLink } from '../../vault/connect/create-link.ts'
import type { ServedToken } from '../../vault/tokens/get-token.ts'
import type { Health } from '../../vault/operate/health.ts'
import type { ListedWebhook } from '../../vault/webhooks/list-webhooks.ts'
import { credentialsHeader } from '../../core/connection/credentials-header.ts'

// Converts domain objects to wire objects. This is the only file of the API that exposes secrets.

export function presentConnection(connection: Connection, ports: Presenter) {
  const view: ConnectionView = viewConnection(connection, ports.clock.now())
  return { ...view, warnings: warningsOf(ports, connection) }
}

type Presenter = Pick<Ports, 'clock' | 'providers'>

/**
 * The connection in the answer of the user routes. A caller that may read tokens also gets the
 * access token.
 */
export function presentUserConnection(
  connection: Connection,
  ports: Presenter,
  caller: { readonly mayReadTokens: boolean },
) {
  const view = presentConnection(connection, ports)
  if (!caller.mayReadTokens || !isLive(connection)) return view
  const { token } = connection.grant
  if (token === null || !tokenLives(connection, ports.clock.now())) return view
  return { ...view, accessToken: token.secret.expose() }
}

/** The answer of both token routes. */
export function presentAccessToken(
  { connection, warnings }: ServedToken,
  { clock, providers }: Presenter,
) {
  const { grant } = connection
  const provider = providers.get(connection.provider) ?? UNKNOWN_PROVIDER
  const served =
    grant.kind === 'credentials'
      ? servedCredentials(present(grant.credentials), provider)
      : servedToken(present(grant.token), provider)
  const { header, ...parts } = served
  return {
    ...parts,
    expiresInSeconds: secondsLeft(grant, clock.now()),
    scope: grant.scope,
    missingScope: missingScope(grant),
    connectionId: connection.id,
    provider: connection.provider,
    userId: connection.userId,
    account: connection.account,
    status: connection.status,
    warnings,
    header,
  }
}

/** Used if the provider was removed from the settings. Most providers expect this header. */
const UNKNOWN_PROVIDER = {
  apiHeader: { name: 'Authorization', scheme: 'Bearer' },
  credentials: null,
} as const

type Presenting = Pick<Provider, 'apiHeader' | 'credentials'>

function servedToken(token: AccessToken, { apiHeader: { name, scheme } }: Presenting) {
  const accessToken = token.secret.expose()
  return {
    accessToken,
    tokenType: token.tokenType,
    tokenId: token.tokenId,
    expiresAt: isoOrNull(token.expiresAt),
    header: { name, value: scheme === null ? accessToken : `${scheme} ${accessToken}` },
  }
}

function servedCredentials(stored: HeldCredentials, provider: Presenting) {
  const { tokenId } = stored
  const expiresAt = null
  switch (stored.kind) {
    case 'basic': {
      const credentials = { username: stored.username, password: stored.password.expose() }
      const header = credentialsHeader({ kind: 'basic', ...credentials }, provider)
      return { accessToken: null, credentials, tokenType: 'Basic', tokenId, expiresAt, header }
    }
    case 'api_key': {
      const credentials = { apiKey: stored.apiKey.expose() }
      const header = credentialsHeader({ kind: 'api_key', ...credentials }, provider)
      return { accessToken: null, credentials, tokenType: 'ApiKey', tokenId, expiresAt, header }
    }
    default:
      return stored satisfies never
  }
}

function present<T>(what: T | null): T {
  if (what === null) throw new Error('a token was to be served and there is none')
  return what
}

function secondsLeft({ token }: Grant, now: Instant): number | null {
  if (token === null || token.expiresAt === null) return null
  return Math.max(0, Math.floor((token.expiresAt - now) / 1000))
}

/** The JSON text around the members that change, for each connection. */
type Frame = { readonly head: string; readonly middle: string; readonly tail: string }
const frames = new WeakMap<Connection, Frame>()
/** Connections that were read once. Most of them are not read again while they are in memory. */
const readOnce = new RecentIds()

/**
 * The answer of `presentAccessToken` as JSON text. From the second read of a connection on, reuses
 * the text that does not change.
 */
export function accessTokenText(served: ServedToken, ports: Presenter): string {
  const { connection, warnings } = served
  let frame = frames.get(connection)
  if (frame === undefined) {
    if (!readOnce.note(connection.id)) return JSON.stringify(presentAccessToken(served, ports))
    frame = frameOf(presentAccessToken(served, ports))
    frames.set(connection, frame)
  }
  const { head, middle, tail } = frame
  const seconds = String(secondsLeft(connection.grant, ports.clock.now()))
  return head + seconds + middle + (warnings.length === 0 ? '[]' : JSON.stringify(warnings)) + tail
}

function frameOf(answer: ReturnType<typeof presentAccessToken>): Frame {
  const [head, rest] = cut(JSON.stringify(answer), 'expiresInSeconds', answer)
  const [middle, tail] = cut(rest, 'warnings', answer)
  return { head, middle, tail }
}

/**
 * Returns the text before and after the value of a member. No value contains the name in quotes,
 * because JSON escapes quotes, and no inner object has a member of this name.
 */
function cut<T extends object>(
  text: string,
  member: keyof T & string,
  answer: T,
): [string, string] {
  const name = `"${member}":`
  const start = text.indexOf(name) + name.length
  const end = start + JSON.stringify(answer[member]).length
  return [text.slice(0, start), text.slice(end)]
}

export function presentLink(link: ConnectLink, warnings: readonly Warning[], now: Instant) {
  const { state } = link
  return {
    id: link.id,
    status: linkStatus(link, now),
    connectionId: 'connectionId' in state ? state.connectionId : null,
    lastError: link.lastError,
    expiresAt: iso(link.expiresAt),
    warnings,
  }
}

export function presentCreatedLink({ link, url, warnings }: CreatedLink) {
  return { id: link.id, url, expiresAt: iso(link.expiresAt), warnings }
}

export function presentAuthorization(begun: {
  readonly url: string
  readonly state: string
  readonly expiresAt: Instant
}) {
  return { url: begun.url, state: begun.state, expiresAt: iso(begun.expiresAt) }
}

export function presentProvider(provider: Provider) {
  const params = Object.entries(provider.params).map(([name, param]) => [
    name,
    { ...param, pattern: param.pattern.source },
  ])
  return {
    id: provider.id,
    name: provider.name,
    connectsBy: provider.connectsBy,
    scopes: provider.scopes,
    params: Object.fromEntries(params) as Record<
      string,
      { description: string; pattern: string; required: boolean; default: string | null }
    >,
    credentials: provider.credentials === null ? null : WIRE_KIND[provider.credentials.kind],
    redirectUri: provider.connectsBy === 'link' ? provider.redirectUri : null,
  }
}

const WIRE_KIND = { basic: 'basic', api_key: 'apiKey' } as const

/** Omits the hash of the key. */
export function presentKey(key: ApiKey) {
  return {
    id: key.id,
    name: key.name,
    permissions: key.permissions,
    providers: key.providers,
    userIdPrefix: key.userIdPrefix,
    createdAt: iso(key.createdAt),
    revokedAt: isoOrNull(key.revokedAt),
  }
}

export function presentCreatedKey(made: { readonly key: ApiKey; readonly secret: string }) {
  return { ...presentKey(made.key), key: made.secret }
}

/** Omits the query of the URL, because it may contain a secret of the receiver. */
export function presentWebhook({ endpoint, state, behind, held }: ListedWebhook) {
  const { disabled, lastFailure, replay } = state
  const isWaiting = disabled === null && state.dueAt > 0
  return {
    id: endpoint.id,
    url: `${endpoint.url.origin}${endpoint.url.pathname}`,
    types: endpoint.types === null ? null : [...endpoint.types],
    providers: endpoint.providers === null ? null : [...endpoint.providers],
    status: webhookStatus(state),
    disabled: disabled === null ? null : { reason: disabled.reason, at: iso(disabled.at) },
    failures: state.failures,
    failingSince: isoOrNull(state.failingSince),
    nextAttemptAt: isWaiting ? iso(state.dueAt) : null,
    lastFailure:
      lastFailure === null ? null : { at: iso(lastFailure.at), detail: lastFailure.detail },
    lastAcceptedAt: isoOrNull(state.lastAcceptedAt),
    cursor: String(state.cursor),
    behind,
    held,
    lost: state.lost,
    replay: replay === null ? null : { after: String(replay.after), before: String(replay.until) },
  }
}

export function presentHealth(health: Health, version: string) {
  return {
    ok: health.database.ok && health.key.ok && !health.stopping,
    version,
    ...health,
    database: { ...health.database, check: withEnd(health.database.check) },
    scheduler: {
      ...health.scheduler,
      lastScanAt: isoOrNull(health.scheduler.lastScanAt),
      jobs: health.scheduler.jobs.map((job) => ({
        ...job,
        lastEndedAt: isoOrNull(job.lastEndedAt),
      })),
    },
    providers: health.providers.map(withTimes),
    webhooks: health.webhooks && health.webhooks.map(withTimes),
  }
}

function withEnd(check: FileCheck) {
  return { ...check, endedAt: isoOrNull(check.endedAt) }
}

function withTimes<T extends { readonly since: Instant | null; readonly retryAt: Instant | null }>(
  part: T,
) {
  return { ...part, since: isoOrNull(part.since), retryAt: isoOrNull(part.retryAt) }
}

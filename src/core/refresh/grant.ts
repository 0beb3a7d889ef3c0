import type {
  AccessToken,
  CredentialsGrant,
  Grant,
  LiveConnection,
  MachineGrant,
  OAuthGrant,
  GrantOwner,
} from '../connection/connection.ts'
import type { Credentials } from '../connection/credentials.ts'
import type { GrantId, Instant } from '../base/ids.ts'
import type { Provider } from '../connection/provider.ts'
import type { ReceivedTokens } from './refresh-outcome.ts'
import { endOf, knownSince, NOTICE_SHARE } from './forecast.ts'
import { expiryOf, refreshPoint, type RefreshPolicy } from './refresh-policy.ts'
import { succeeding } from './token-report.ts'

/** What a consent, or the form of the connect page, brought. */
export type ReceivedGrant =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens }
  | {
      readonly kind: 'credentials'
      readonly credentials: Credentials
      /** What the provider told when they were held against it. */
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** The same with what the shell knows of it. */
export type NewCredentials = ReceivedGrant & { readonly sentAt: Instant; readonly tokenId: string }
export type NewTokens = Extract<NewCredentials, { kind: 'tokens' }>
type NewStoredCredentials = Extract<NewCredentials, { kind: 'credentials' }>

/** Without what is worked out again when it is put in its place. */
export function receivedGrantOf(arrival: NewCredentials): ReceivedGrant {
  if (arrival.kind === 'tokens') return { kind: 'tokens', tokens: arrival.tokens }
  const { credentials, providerData } = arrival
  return { kind: 'credentials', credentials, providerData }
}

type Traits = Pick<Provider, 'refresh'>
type About = Traits & {
  readonly requestedScope: readonly string[]
  /** See `OAuthGrant`. */
  readonly issuedTo: string
  readonly owner: GrantOwner
}

/** The first generation of a grant. */
export function newGrant(id: GrantId, arrival: NewCredentials, about: About): Grant {
  return arrival.kind === 'tokens' ? oauthGrant(id, arrival, about) : credentialsGrant(id, arrival)
}

/** A code was exchanged, or tokens were handed in. */
export function oauthGrant(id: GrantId, arrival: NewTokens, about: About): OAuthGrant {
  const { tokens, sentAt } = arrival
  const token = accessToken(arrival, about)
  const stated = refreshTokenExpiry(arrival) ?? plus(sentAt, about.refresh.refreshTokenLifetimeMs)
  const end = stated === 'never' ? null : stated
  return {
    kind: 'oauth',
    id,
    generation: 1,
    requestedScope: about.requestedScope,
    scope: tokens.scope ?? about.requestedScope,
    token,
    refreshToken: tokens.refreshToken,
    issuedTo: about.issuedTo,
    owner: about.owner,
    // What cannot be renewed ends with its token.
    ...endOf(sentAt, tokens.refreshToken === null ? token.expiresAt : end),
  }
}

export function credentialsGrant(
  id: GrantId,
  { credentials, tokenId }: Pick<NewStoredCredentials, 'credentials' | 'tokenId'>,
): CredentialsGrant {
  return {
    kind: 'credentials',
    id,
    generation: 1,
    requestedScope: [],
    scope: [],
    credentials: { ...credentials, tokenId },
    ...NO_TOKENS,
  }
}

/** Before its first token. */
export function machineGrant(id: GrantId, requestedScope: readonly string[]): MachineGrant {
  const scope = requestedScope
  return { kind: 'machine', id, generation: 1, requestedScope, scope, ...NO_TOKENS }
}

const NO_TOKENS = {
  token: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
  endNoticeAt: null,
} as const

/** The next generation. A refresh token that was not sent stays the old one (RFC 6749 §6). */
export function renewedGrant(grant: Grant, arrival: NewTokens, about: Traits): Grant {
  const { tokens } = arrival
  const renewed = {
    generation: grant.generation + 1,
    scope: tokens.scope ?? grant.scope,
    token: succeeding(accessToken(arrival, about), grant.token),
  }
  switch (grant.kind) {
    case 'oauth':
      return {
        ...grant,
        ...renewed,
        refreshToken: tokens.refreshToken ?? grant.refreshToken,
        ...movedEnd(grant, arrival),
      }
    case 'machine':
      return { ...grant, ...renewed }
    case 'credentials':
      return grant
    default:
      return grant satisfies never
  }
}

/** Credentials that the provider has accepted after the report. */
export function confirmedGrant(grant: Grant, now: Instant): Grant {
  if (grant.kind !== 'credentials' || grant.credentials?.report?.stands !== true) return grant
  const report = { stands: false, refreshFrom: now + CONFIRMED_AGAIN_MS }
  return { ...grant, credentials: { ...grant.credentials, report } }
}

const CONFIRMED_AGAIN_MS = 60_000

/** The next generation with the access token of the last one: no new one came that may be served. */
export function onRefreshToken(
  grant: OAuthGrant,
  received: OAuthGrant['refreshToken'],
): OAuthGrant {
  const { generation, refreshToken } = grant
  return { ...grant, generation: generation + 1, refreshToken: received ?? refreshToken }
}

/**
 * An end that does not move is computed again from each answer, and differs by a rounded second or by
 * the time that the answer took. The next end of a refresh token that lives a minute is not the same.
 */
function sameEndMs(sentAt: Instant, end: Instant): number {
  return Math.max(2_000, Math.min(60_000, (end - sentAt) / 10))
}

/** An end that a refresh puts off has its notice put off too; one that stands keeps it, told or not. */
function movedEnd(grant: OAuthGrant, arrival: NewTokens) {
  const { refreshTokenExpiresAt: before, endNoticeAt } = grant
  const end = refreshTokenExpiry(arrival)
  if (end === 'never') return endOf(arrival.sentAt, null)
  const stands =
    end === null || (before !== null && Math.abs(end - before) < sameEndMs(arrival.sentAt, end))
  return stands ? { refreshTokenExpiresAt: before, endNoticeAt } : endOf(arrival.sentAt, end)
}

/**
 * When the schedule next looks at a healthy grant: to renew its token, to keep the grant from idling
 * out while nobody reads it, or to note its end. `fraction` in [0, 1) spreads them.
 */
export function dueAtOf(
  grant: Grant,
  about: Traits & { readonly policy: RefreshPolicy },
  fraction: number,
): Instant | null {
  if (grant.kind === 'credentials') return null
  if (grant.token === null) return 0
  if (grant.kind === 'oauth' && grant.refreshToken === null) return grant.token.expiresAt
  const renewal = refreshPoint(grant.token, about.policy, fraction)
  if (grant.kind === 'machine') return renewal
  const { renewEveryMs, refreshTokenIdleMs } = about.refresh
  const used = grant.token.issuedAt
  // Half of what it may idle: an outage of some days must not end it.
  const alive = [renewEveryMs, refreshTokenIdleMs === null ? null : refreshTokenIdleMs / 2]
  const points = alive.map((ms) => (ms === null ? renewal : used + ms * (1 - fraction / 10)))
  return Math.round(Math.min(renewal, beforeItsEnd(grant, about, fraction) ?? renewal, ...points))
}

/**
 * When to refresh so that the refresh token does not end unused, however long the access token lives.
 * Once for each end: null if the token was issued within this window and the end has not moved, because
 * refreshing again would not move it either.
 */
function beforeItsEnd(
  { token, refreshTokenExpiresAt: expiresAt, endNoticeAt }: OAuthGrant,
  { policy }: { readonly policy: RefreshPolicy },
  fraction: number,
): Instant | null {
  if (token === null || expiresAt === null || endNoticeAt === null) return null
  const life = { issuedAt: knownSince(expiresAt, endNoticeAt), expiresAt }
  // Before the app is told that the end is near: the refresh may put it off.
  const margin = { ...policy, marginShare: Math.max(policy.marginShare, NOTICE_SHARE) }
  return token.issuedAt < refreshPoint(life, margin, 1)
    ? refreshPoint(life, margin, fraction)
    : null
}

/** Puts a grant in place of whatever stood there; nothing of an older grant's troubles remains. */
export function withGrant<
  C extends Omit<LiveConnection, 'status' | 'failure' | 'grant' | 'attempt' | 'dueAt'>,
>(
  connection: C,
  grant: Grant,
  dueAt: Instant | null,
): C & Extract<LiveConnection, { status: 'active' }> {
  return { ...connection, status: 'active', failure: null, attempt: null, grant, dueAt }
}

/** How long whoever handed credentials in may take to prove them, before the schedule does. */
const PROVE_WITHIN_MS = 60_000

/**
 * Tokens that were handed in: active by a live one's word, failing until a refresh proves them. Neither
 * is refreshed by the schedule while they are on the way to their place.
 */
export function draftWithGrant(
  connection: Parameters<typeof withGrant>[0],
  grant: Grant,
  now: Instant,
): LiveConnection {
  const { token } = grant
  const lives = token !== null && (token.expiresAt === null || token.expiresAt > now)
  if (!lives) return unproven(connection, grant, now)
  return withGrant(connection, grant, now + PROVE_WITHIN_MS)
}

/** An import that the provider has not been asked about yet. */
export function unproven(
  connection: Parameters<typeof withGrant>[0],
  grant: Grant,
  now: Instant,
): LiveConnection {
  const detail = 'what was imported has not been proven by a refresh yet'
  const failure = { reason: 'unproven', detail, since: now, attempts: 0 } as const
  const dueAt = now + PROVE_WITHIN_MS
  return { ...withGrant(connection, grant, dueAt), status: 'failing', failure }
}

function accessToken(arrival: NewTokens, about: Traits): AccessToken {
  const { tokens, sentAt, tokenId } = arrival
  return {
    tokenId,
    secret: tokens.accessToken,
    tokenType: tokens.tokenType,
    issuedAt: sentAt,
    expiresAt: expiryOf(sentAt, tokens.expiresInSeconds, about.refresh),
  }
}

function refreshTokenExpiry({ tokens, sentAt }: NewTokens): Instant | 'never' | null {
  const life = tokens.refreshTokenExpiresInSeconds
  return typeof life === 'number' ? plus(sentAt, life * 1000) : life
}

function plus(instant: Instant, ms: number | null): Instant | null {
  return ms === null ? null : instant + ms
}

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
import { endOf } from './forecast.ts'
import { expiryOf } from './refresh-policy.ts'
import { succeeding } from './token-report.ts'

/** The result of a consent, an import or the credentials form. */
export type ReceivedGrant =
  | { readonly kind: 'tokens'; readonly tokens: ReceivedTokens }
  | {
      readonly kind: 'credentials'
      readonly credentials: Credentials
      /** Values from the provider's answer to the check of the credentials. */
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** A received grant with its send time and token id. */
export type NewCredentials = ReceivedGrant & { readonly sentAt: Instant; readonly tokenId: string }
export type NewTokens = Extract<NewCredentials, { kind: 'tokens' }>
type NewStoredCredentials = Extract<NewCredentials, { kind: 'credentials' }>

/** The part of a received grant that is stored. Send time and token id are set again on commit. */
export function receivedGrantOf(received: NewCredentials): ReceivedGrant {
  if (received.kind === 'tokens') return { kind: 'tokens', tokens: received.tokens }
  const { credentials, providerData } = received
  return { kind: 'credentials', credentials, providerData }
}

type Traits = Pick<Provider, 'refresh'>
type About = Traits & {
  readonly requestedScope: readonly string[]
  /** See `OAuthGrant`. */
  readonly issuedTo: string
  readonly owner: GrantOwner
}

/** A new grant in its first generation. */
export function newGrant(id: GrantId, received: NewCredentials, about: About): Grant {
  return received.kind === 'tokens'
    ? oauthGrant(id, received, about)
    : credentialsGrant(id, received)
}

/** A grant from an exchanged code or from imported tokens. */
export function oauthGrant(id: GrantId, received: NewTokens, about: About): OAuthGrant {
  const { tokens, sentAt } = received
  const token = accessToken(received, about)
  const stated = refreshTokenExpiry(received) ?? plus(sentAt, about.refresh.refreshTokenLifetimeMs)
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
    // A grant without a refresh token expires with its access token.
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

/** A machine grant that has no token yet. */
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

/**
 * The next generation. If the provider sent no new refresh token, the old one stays valid (RFC 6749
 * §6).
 */
export function renewedGrant(grant: Grant, received: NewTokens, about: Traits): Grant {
  const { tokens } = received
  const renewed = {
    generation: grant.generation + 1,
    scope: tokens.scope ?? grant.scope,
    token: succeeding(accessToken(received, about), grant.token),
  }
  switch (grant.kind) {
    case 'oauth':
      return {
        ...grant,
        ...renewed,
        refreshToken: tokens.refreshToken ?? grant.refreshToken,
        ...movedEnd(grant, received),
      }
    case 'machine':
      return { ...grant, ...renewed }
    case 'credentials':
      return grant
    default:
      return grant satisfies never
  }
}

/** Clears a report about credentials that the provider has accepted. */
export function confirmedGrant(grant: Grant, now: Instant): Grant {
  if (grant.kind !== 'credentials' || grant.credentials?.report?.stands !== true) return grant
  const report = { stands: false, refreshFrom: now + CONFIRMED_AGAIN_MS }
  return { ...grant, credentials: { ...grant.credentials, report } }
}

const CONFIRMED_AGAIN_MS = 60_000

/** The next generation, with a new refresh token and the old access token. */
export function onRefreshToken(
  grant: OAuthGrant,
  received: OAuthGrant['refreshToken'],
): OAuthGrant {
  const { generation, refreshToken } = grant
  return { ...grant, generation: generation + 1, refreshToken: received ?? refreshToken }
}

/**
 * Two expiry times that differ by less are treated as equal: providers round them, and answers take
 * time to arrive. The tolerance is smaller for a short-lived refresh token.
 */
function sameEndMs(sentAt: Instant, end: Instant): number {
  return Math.max(2_000, Math.min(60_000, (end - sentAt) / 10))
}

/**
 * If the expiry has moved, the app is notified again. Otherwise the old expiry and notice time are
 * kept.
 */
function movedEnd(grant: OAuthGrant, received: NewTokens) {
  const { refreshTokenExpiresAt: before, endNoticeAt } = grant
  const end = refreshTokenExpiry(received)
  if (end === 'never') return endOf(received.sentAt, null)
  const stands =
    end === null || (before !== null && Math.abs(end - before) < sameEndMs(received.sentAt, end))
  return stands ? { refreshTokenExpiresAt: before, endNoticeAt } : endOf(received.sentAt, end)
}

/** Replaces the grant, and clears failure and attempt. */
export function withGrant<
  C extends Omit<LiveConnection, 'status' | 'failure' | 'grant' | 'attempt' | 'dueAt'>,
>(
  connection: C,
  grant: Grant,
  dueAt: Instant | null,
): C & Extract<LiveConnection, { status: 'active' }> {
  return { ...connection, status: 'active', failure: null, attempt: null, grant, dueAt }
}

/** If the import has not proven its draft after this time, the schedule proves the draft. */
const PROVE_WITHIN_MS = 60_000

/** Returns a draft: `active` if its access token is valid, else `failing` until it is refreshed. */
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

/** Returns an import that no refresh has proven yet. */
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

function accessToken(received: NewTokens, about: Traits): AccessToken {
  const { tokens, sentAt, tokenId } = received
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

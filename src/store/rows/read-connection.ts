import { UNKNOWN_ACCOUNT } from '../../core/connection/account.ts'
import {
  type AccessToken,
  type Account,
  type Attempt,
  type ClientCredentials,
  type Connection,
  type Failure,
  FAILURE_REASONS,
  type Grant,
  type HeldCredentials,
  type GrantOwner,
  UNKNOWN_OWNER,
} from '../../core/connection/connection.ts'
import type {
  AttemptId,
  ConnectionId,
  GrantId,
  Instant,
  ProviderId,
  UserId,
} from '../../core/base/ids.ts'
import type { PlainCredentials } from '../../core/connection/credentials.ts'
import { openOrNull, Secret } from '../../core/base/secret.ts'
import type { ConnectionTable } from '../schema.ts'
import { readCount, readInstant, readList, readText, readTextOrNull, readTime } from './column.ts'
import {
  accessTokenPlace,
  clientSecretPlace,
  credentialsPlace,
  type Owner,
  profilePlace,
  refreshTokenPlace,
  settingsPlace,
} from './connection-places.ts'
import { lazySecret, openJson, type RowCipher } from './row-cipher.ts'
import { isTrusted, trustedRow } from './row-seal.ts'
import { restoredCredentials } from './stored-credentials.ts'

/** The sealed JSON of `profile_blob`. Label and metadata are left out if there are none. */
export type Profile = {
  readonly account: Account
  readonly label?: string | null
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** The sealed JSON of `settings_blob`. */
export type Settings = {
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  readonly clientId: string | null
  /** See `OAuthGrant`. */
  readonly issuedTo?: string
  /** The owner of this grant only. Absent if unknown. */
  readonly owner?: StoredOwner
  /**
   * Marks a machine grant. The mark is sealed, so that a database writer cannot turn a user's
   * connection into a machine connection.
   */
  readonly machine?: true
}

export type StoredOwner = Exclude<GrantOwner, { is: 'unknown' }> & { readonly grant: GrantId }

/** The sealed JSON of `access_token_blob`. */
export type StoredToken = Omit<AccessToken, 'secret'> & { readonly accessToken: string }

/** The sealed JSON of `credentials_blob`. */
export type StoredCredentials = PlainCredentials & Pick<HeldCredentials, 'tokenId' | 'report'>

const NO_PROFILE: Required<Profile> = {
  account: UNKNOWN_ACCOUNT,
  label: null,
  metadata: {},
}
const NO_SETTINGS: Settings = { params: {}, providerData: {}, clientId: null }

/**
 * Never throws. A part that does not open is absent; in an altered row, all sealed parts are
 * absent. If no token can be returned or refreshed, the returned status says so. That status is
 * never stored, because the blobs may open later.
 */
export function readConnection(cipher: RowCipher, found: ConnectionTable): Connection {
  const row = trustedRow(cipher, 'connections', found)
  const owner = readOwner(row)
  const profile = openJson(cipher, row.profile_blob, profilePlace(owner)) as Profile | null
  const settings = isTrusted(row) ? readSettings(cipher, row, owner) : null
  const common = {
    ...owner,
    ...NO_PROFILE,
    ...profile,
    params: (settings ?? NO_SETTINGS).params,
    providerData: (settings ?? NO_SETTINGS).providerData,
    client: readClient(cipher, row, settings),
    draft: readDraft(row),
    createdAt: readTime(row.created_at),
    updatedAt: readTime(row.updated_at),
    lastRefreshedAt: readInstant(row.last_refreshed_at),
    lastReadAt: readInstant(row.last_read_at),
  }
  if (row.grant_id === null || row.status === 'pending') return { ...common, status: 'pending' }

  const grant = readGrant(cipher, row, settings)
  const state = {
    ...readState(row),
    attempt: isTrusted(row) ? readAttempt(row) : null,
    dueAt: readInstant(row.due_at),
  }
  const lost = isLost(row, grant)
  if (settings === null || (lost && !canBeHadAnew(grant))) {
    return { ...common, ...state, grant, ...unreadable('disconnected', common.updatedAt) }
  }
  if (lost && profile === null && state.status !== 'disconnected') {
    // The refresh is due now, because the stored due time applied to the lost token.
    const dueAt = state.status === 'failing' ? state.dueAt : 0
    return { ...common, ...state, grant, dueAt, ...unreadable('failing', common.updatedAt) }
  }
  return { ...common, ...state, grant }
}

function readOwner(row: ConnectionTable): Owner {
  return {
    id: readText(row.id) as ConnectionId,
    userId: readText(row.user_id) as UserId,
    provider: readText(row.provider) as ProviderId,
  }
}

/** Returns null if the settings do not open: the client of the grant is then unknown. */
function readSettings(cipher: RowCipher, row: ConnectionTable, owner: Owner): Settings | null {
  if (row.settings_blob === null) return NO_SETTINGS
  return openJson(cipher, row.settings_blob, settingsPlace(owner)) as Settings | null
}

function readClient(
  cipher: RowCipher,
  row: ConnectionTable,
  settings: Settings | null,
): ClientCredentials | null {
  if (settings === null || settings.clientId === null) return null
  const secret = lazySecret(cipher, row.client_secret_blob, clientSecretPlace(readOwner(row)))
  return { id: settings.clientId, secret }
}

function readDraft(row: ConnectionTable): Connection['draft'] {
  if (row.is_draft === 0) return null
  return { replaces: readTextOrNull(row.draft_replaces) as ConnectionId | null }
}

/**
 * If the settings do not open, the refresh token must not be sent, because it may belong to another
 * client.
 */
function readGrant(cipher: RowCipher, row: ConnectionTable, settings: Settings | null): Grant {
  const grant = {
    id: readText(row.grant_id) as GrantId,
    generation: readCount(row.generation),
    requestedScope: readList(row.requested_scope),
    scope: readList(row.scope),
  }
  if (row.credentials_blob !== null) {
    const credentials = readCredentials(cipher, row, grant)
    return { ...grant, kind: 'credentials', credentials, token: null, ...NO_REFRESH_TOKEN }
  }
  const token = readToken(cipher, row, grant)
  if (settings?.machine === true) return { ...grant, kind: 'machine', token, ...NO_REFRESH_TOKEN }
  const place = refreshTokenPlace(readOwner(row), grant)
  const sealed = lazySecret(cipher, row.refresh_token_blob, place)
  return {
    ...grant,
    kind: 'oauth',
    token,
    refreshToken: settings === null ? null : sealed,
    issuedTo: settings?.issuedTo ?? null,
    owner: readOwnerOf(grant.id, settings),
    refreshTokenExpiresAt: readInstant(row.refresh_token_expires_at),
    endNoticeAt: readInstant(row.end_notice_at),
  }
}

function readOwnerOf(id: GrantId, settings: Settings | null): GrantOwner {
  if (settings?.owner === undefined || settings.owner.grant !== id) return UNKNOWN_OWNER
  const { grant: _, ...owner } = settings.owner
  return owner
}

const NO_REFRESH_TOKEN = {
  refreshToken: null,
  refreshTokenExpiresAt: null,
  endNoticeAt: null,
} as const

function readCredentials(
  cipher: RowCipher,
  row: ConnectionTable,
  grant: Pick<Grant, 'id' | 'generation'>,
): HeldCredentials | null {
  if (row.credentials_blob === null) return null
  const place = credentialsPlace(readOwner(row), grant)
  const stored = openJson(cipher, row.credentials_blob, place) as StoredCredentials | null
  if (stored === null) return null
  const { tokenId, report } = stored
  return { ...restoredCredentials(stored), tokenId, ...(report && { report }) }
}

function readToken(
  cipher: RowCipher,
  row: ConnectionTable,
  grant: Pick<Grant, 'id' | 'generation'>,
): AccessToken | null {
  if (row.access_token_blob === null) return null
  const place = accessTokenPlace(readOwner(row), grant)
  const stored = openJson(cipher, row.access_token_blob, place) as StoredToken | null
  if (stored === null) return null
  const { accessToken, ...token } = stored
  return { ...token, secret: new Secret(accessToken) }
}

type State =
  | { readonly status: 'active'; readonly failure: null }
  | { readonly status: 'failing' | 'disconnected'; readonly failure: Failure }

function readState(row: ConnectionTable): State {
  if (row.status === 'active') return { status: 'active', failure: null }
  const status = row.status === 'disconnected' ? 'disconnected' : 'failing'
  return { status, failure: readFailure(row) }
}

function readFailure(row: ConnectionTable): Failure {
  const reason = readText(row.failure_reason)
  return {
    reason: FAILURE_REASONS.find((one) => one === reason) ?? 'unreadable',
    detail: readText(row.failure_detail),
    since: readTime(row.failure_since),
    attempts: readCount(row.failure_attempts),
    ...readRejections(row),
  }
}

function readRejections(row: ConnectionTable): Pick<Failure, 'rejections'> {
  const answer = readTextOrNull(row.rejected_as)
  if (answer === null) return {}
  const [since, times] = [readTime(row.rejected_since), readCount(row.rejected_times)]
  return { rejections: { answer, since, times } }
}

function readAttempt(row: ConnectionTable): Attempt | null {
  const id = readTextOrNull(row.attempt_id)
  return id === null ? null : { id: id as AttemptId, sentAt: readTime(row.attempt_sent_at) }
}

function unreadable<S extends 'failing' | 'disconnected'>(
  status: S,
  since: Instant,
): { readonly status: S; readonly failure: Failure } {
  const detail = 'a sealed value cannot be opened'
  return { status, failure: { reason: 'unreadable', detail, since, attempts: 1 } }
}

/** Whether the sealed token or credentials do not open. */
function isLost(row: ConnectionTable, grant: Grant): boolean {
  if (grant.kind === 'credentials') return grant.credentials === null
  return row.access_token_blob !== null && grant.token === null
}

function canBeHadAnew(grant: Grant): boolean {
  return grant.kind === 'machine' || openOrNull(grant.refreshToken) !== null
}

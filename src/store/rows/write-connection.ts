import {
  type Attempt,
  type Connection,
  type Grant,
  isLive,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import type { ConnectionTable } from '../schema.ts'
import { writeInstant, writeInstantOrNull } from './column.ts'
import {
  accessTokenPlace,
  clientSecretPlace,
  credentialsPlace,
  type Owner,
  profilePlace,
  refreshTokenPlace,
  settingsPlace,
} from './connection-places.ts'
import { accountHash } from './fingerprints.ts'
import type {
  Profile,
  Settings,
  StoredCredentials,
  StoredOwner,
  StoredToken,
} from './read-connection.ts'
import { type RowCipher, sealJson, sealSecret } from './row-cipher.ts'
import { sealedRow } from './row-seal.ts'
import { exposedCredentials } from './stored-credentials.ts'

export function connectionRow(cipher: RowCipher, connection: Connection): ConnectionTable {
  const grant = isLive(connection) ? connection.grant : null
  return sealedRow(cipher, 'connections', {
    id: connection.id,
    user_id: connection.userId,
    provider: connection.provider,
    ...draftColumns(connection),
    ...profileColumns(cipher, connection),
    ...settingsColumns(cipher, connection),
    ...clientSecretColumns(cipher, connection),
    ...grantColumns(grant),
    ...tokenColumns(cipher, connection, grant),
    ...refreshTokenColumns(cipher, connection, grant),
    ...credentialsColumns(cipher, connection, grant),
    ...stateColumns(connection),
    ...attemptColumns(isLive(connection) ? connection.attempt : null),
    lease_until: null,
    created_at: writeInstant(connection.createdAt),
    ...timeColumns(connection),
    ...readColumns(connection),
  })
}

export type ChangedConnection = {
  readonly columns: Partial<ConnectionTable>
  /**
   * True if a refresh writes none of the changed parts. A running attempt then keeps its lease and
   * intent.
   */
  readonly isEditOnly: boolean
}

/**
 * Returns the changed columns. Compares parts by object identity: an unchanged part is not sealed
 * again, and a part that did not open stays as it is. A new generation or grant seals both tokens
 * again, because their place changes.
 */
export function changedConnection(
  cipher: RowCipher,
  before: Connection,
  after: Connection,
): ChangedConnection {
  const edited = editedColumns(cipher, before, after)
  if (Object.keys(edited).length > 0 && hasSameCourse(before, after)) {
    return { columns: { ...edited, ...timeColumns(after) }, isEditOnly: true }
  }
  const [old, grant] = [grantOf(before), grantOf(after)]
  const hasMoved = old?.id !== grant?.id || old?.generation !== grant?.generation
  const columns = {
    ...edited,
    ...(old !== grant && grantColumns(grant)),
    ...((hasMoved || old?.token !== grant?.token) && tokenColumns(cipher, after, grant)),
    ...((hasMoved || old?.refreshToken !== grant?.refreshToken) &&
      refreshTokenColumns(cipher, after, grant)),
    ...((hasMoved || heldBy(old) !== heldBy(grant)) && credentialsColumns(cipher, after, grant)),
    ...(hasNewState(before, after) && stateColumns(after)),
    due_at: isLive(after) ? writeInstantOrNull(after.dueAt) : null,
    ...attemptColumns(isLive(after) ? after.attempt : null),
    ...timeColumns(after),
  }
  return { columns, isEditOnly: false }
}

function editedColumns(
  cipher: RowCipher,
  before: Connection,
  after: Connection,
): Partial<ConnectionTable> {
  const hasNewProfile =
    before.account !== after.account ||
    before.label !== after.label ||
    before.metadata !== after.metadata
  const hasNewSettings =
    before.params !== after.params ||
    before.providerData !== after.providerData ||
    before.client?.id !== after.client?.id ||
    isMachine(before) !== isMachine(after) ||
    issuedTo(before) !== issuedTo(after) ||
    hasNewOwner(before, after)
  return {
    ...(before.draft !== after.draft && draftColumns(after)),
    // Reads are recorded while a refresh runs, so write the time only if a new grant sets it.
    ...(before.lastReadAt !== after.lastReadAt && readColumns(after)),
    ...(hasNewProfile && profileColumns(cipher, after)),
    ...(hasNewSettings && settingsColumns(cipher, after)),
    ...(before.client !== after.client && clientSecretColumns(cipher, after)),
  }
}

/** Whether neither the grant nor its schedule changed. */
function hasSameCourse(before: Connection, after: Connection): boolean {
  if (before.lastRefreshedAt !== after.lastRefreshedAt || hasNewState(before, after)) return false
  if (!isLive(before) || !isLive(after)) return true
  return (
    before.grant === after.grant && before.attempt === after.attempt && before.dueAt === after.dueAt
  )
}

function hasNewState(before: Connection, after: Connection): boolean {
  return before.status !== after.status || failureOf(before) !== failureOf(after)
}

function grantOf(connection: Connection): Grant | null {
  return isLive(connection) ? connection.grant : null
}

function heldBy(grant: Grant | null) {
  return grant?.kind === 'credentials' ? grant.credentials : null
}

function isMachine(connection: Connection): boolean {
  return grantOf(connection)?.kind === 'machine'
}

function issuedTo(connection: Connection): string | null {
  const grant = grantOf(connection)
  return grant?.kind === 'oauth' ? grant.issuedTo : null
}

function ownerOf(connection: Connection): StoredOwner | null {
  const grant = grantOf(connection)
  if (grant?.kind !== 'oauth' || grant.owner.is === 'unknown') return null
  return { ...grant.owner, grant: grant.id }
}

function hasNewOwner(before: Connection, after: Connection): boolean {
  return JSON.stringify(ownerOf(before)) !== JSON.stringify(ownerOf(after))
}

function failureOf(connection: Connection): LiveConnection['failure'] {
  return isLive(connection) ? connection.failure : null
}

function draftColumns({ draft }: Connection) {
  return { is_draft: draft === null ? 0 : 1, draft_replaces: draft?.replaces ?? null }
}

function profileColumns(cipher: RowCipher, connection: Connection) {
  const { provider, account, label, metadata } = connection
  const profile: Profile = {
    account,
    ...(label !== null && { label }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
  return {
    profile_blob: sealJson(cipher, profile, profilePlace(connection)),
    account_hash: account.id === null ? null : accountHash(cipher, provider, account.id),
  }
}

function settingsColumns(cipher: RowCipher, connection: Connection) {
  const { params, providerData, client } = connection
  const holder = issuedTo(connection)
  const owner = ownerOf(connection)
  const settings: Settings = {
    params,
    providerData,
    clientId: client?.id ?? null,
    ...(holder !== null && { issuedTo: holder }),
    ...(owner !== null && { owner }),
    ...(isMachine(connection) && { machine: true }),
  }
  const isEmpty =
    client === null &&
    holder === null &&
    owner === null &&
    !isMachine(connection) &&
    Object.keys(params).length + Object.keys(providerData).length === 0
  return { settings_blob: isEmpty ? null : sealJson(cipher, settings, settingsPlace(connection)) }
}

function clientSecretColumns(cipher: RowCipher, connection: Connection) {
  const secret = connection.client?.secret ?? null
  return { client_secret_blob: sealSecret(cipher, secret, clientSecretPlace(connection)) }
}

function grantColumns(grant: Grant | null) {
  return {
    grant_id: grant?.id ?? null,
    generation: grant?.generation ?? 0,
    requested_scope: JSON.stringify(grant?.requestedScope ?? []),
    scope: JSON.stringify(grant?.scope ?? []),
    refresh_token_expires_at: writeInstantOrNull(grant?.refreshTokenExpiresAt ?? null),
    end_notice_at: writeInstantOrNull(grant?.endNoticeAt ?? null),
  }
}

function tokenColumns(cipher: RowCipher, owner: Owner, grant: Grant | null) {
  if (grant === null || grant.token === null) {
    return { access_token_blob: null, token_expires_at: null }
  }
  const { secret, ...token } = grant.token
  const expiresAt = writeInstantOrNull(token.expiresAt)
  const stored: StoredToken = { ...token, expiresAt, accessToken: secret.expose() }
  return {
    access_token_blob: sealJson(cipher, stored, accessTokenPlace(owner, grant)),
    token_expires_at: expiresAt,
  }
}

function refreshTokenColumns(cipher: RowCipher, owner: Owner, grant: Grant | null) {
  if (grant === null) return { refresh_token_blob: null }
  const place = refreshTokenPlace(owner, grant)
  return { refresh_token_blob: sealSecret(cipher, grant.refreshToken, place) }
}

function credentialsColumns(cipher: RowCipher, owner: Owner, grant: Grant | null) {
  const held = heldBy(grant)
  if (grant === null || held === null) return { credentials_blob: null }
  const { tokenId, report } = held
  const stored: StoredCredentials = {
    ...exposedCredentials(held),
    tokenId,
    ...(report && { report }),
  }
  return { credentials_blob: sealJson(cipher, stored, credentialsPlace(owner, grant)) }
}

function stateColumns(connection: Connection) {
  const failure = failureOf(connection)
  return {
    status: connection.status,
    failure_reason: failure?.reason ?? null,
    failure_detail: failure?.detail ?? null,
    failure_since: writeInstantOrNull(failure?.since ?? null),
    failure_attempts: failure?.attempts ?? null,
    rejected_as: failure?.rejections?.answer ?? null,
    rejected_since: writeInstantOrNull(failure?.rejections?.since ?? null),
    rejected_times: failure?.rejections?.times ?? null,
    due_at: isLive(connection) ? writeInstantOrNull(connection.dueAt) : null,
  }
}

function attemptColumns(attempt: Attempt | null) {
  return {
    attempt_id: attempt?.id ?? null,
    attempt_sent_at: writeInstantOrNull(attempt?.sentAt ?? null),
  }
}

function readColumns({ lastReadAt }: Connection) {
  return { last_read_at: writeInstantOrNull(lastReadAt) }
}

function timeColumns(connection: Connection) {
  return {
    updated_at: writeInstant(connection.updatedAt),
    last_refreshed_at: writeInstantOrNull(connection.lastRefreshedAt),
  }
}

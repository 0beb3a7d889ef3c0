import type { Connection, Grant } from '../../core/connection/connection.ts'
import type { ColumnPlace } from './row-cipher.ts'

export type Owner = Pick<Connection, 'id' | 'userId' | 'provider'>

const TABLE = 'connections'

/**
 * User and provider are stored unencrypted, for queries. Both are part of each place, so a
 * connection that is reassigned to another user does not open.
 */
export function profilePlace(owner: Owner): ColumnPlace {
  return place(owner, 'profile')
}

export function settingsPlace(owner: Owner): ColumnPlace {
  return place(owner, 'settings')
}

export function clientSecretPlace(owner: Owner): ColumnPlace {
  return place(owner, 'client_secret')
}

/** The token does not open in a row with another generation or another grant. */
export function accessTokenPlace(owner: Owner, grant: Pick<Grant, 'id' | 'generation'>) {
  return tokenPlace(owner, 'access_token', grant)
}

export function refreshTokenPlace(owner: Owner, grant: Pick<Grant, 'id' | 'generation'>) {
  return tokenPlace(owner, 'refresh_token', grant)
}

export function credentialsPlace(owner: Owner, grant: Pick<Grant, 'id' | 'generation'>) {
  return tokenPlace(owner, 'credentials', grant)
}

function place(owner: Owner, field: string): ColumnPlace {
  // The user id comes last, because only it may contain a slash.
  const row = `${owner.id}/${owner.provider}/${owner.userId}`
  return { id: owner.id, table: TABLE, row, field, generation: 0 }
}

function tokenPlace(
  owner: Owner,
  field: string,
  grant: Pick<Grant, 'id' | 'generation'>,
): ColumnPlace {
  const row = `${owner.id}/${grant.id}/${owner.provider}/${owner.userId}`
  return { id: owner.id, table: TABLE, row, field, generation: grant.generation }
}

import type { Account, Connection } from './connection.ts'
import type { Provider } from './provider.ts'
import type { Credentials } from './credentials.ts'

const NOBODY: Account = { id: null, email: null, name: null }

/**
 * Whose credentials these are, as far as they say so themselves. An address is the same however it is
 * written; it is the account's id unless the provider's probe tells a better one.
 */
export function accountOfCredentials(
  credentials: Credentials,
  { credentials: form }: Pick<Provider, 'credentials'>,
): Account {
  if (credentials.kind === 'api_key') return NOBODY
  const { username } = credentials
  const isAddress = /^[^\s@]+@[^\s@]+$/.test(username)
  const id = isAddress ? username.toLowerCase() : username
  return {
    id: form?.identifiedBy === 'probe' ? null : id,
    email: isAddress ? username : null,
    name: null,
  }
}

/**
 * The account of a connection that holds the same user name already: whatever the app has called it,
 * a new password makes it no other.
 */
export function accountHeldBy(connection: Connection, credentials: Credentials): Account | null {
  if (connection.status === 'pending' || connection.grant.kind !== 'credentials') return null
  const held = connection.grant.credentials
  if (held?.kind !== 'basic' || credentials.kind !== 'basic') return null
  return held.username === credentials.username ? connection.account : null
}

import { UNKNOWN_ACCOUNT } from './account.ts'
import type { Account, Connection } from './connection.ts'
import type { Provider } from './provider.ts'
import type { Credentials } from './credentials.ts'

/**
 * The account of the credentials: the user name, in lower case if it is an e-mail address. The id
 * is null if the preset takes it from a probe request, which comes later.
 */
export function accountOfCredentials(
  credentials: Credentials,
  { credentials: form }: Pick<Provider, 'credentials'>,
): Account {
  if (credentials.kind === 'api_key') return UNKNOWN_ACCOUNT
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
 * The connection's account if the user name has not changed, else null. A new password does not
 * change the account.
 */
export function accountHeldBy(connection: Connection, credentials: Credentials): Account | null {
  if (connection.status === 'pending' || connection.grant.kind !== 'credentials') return null
  const stored = connection.grant.credentials
  if (stored?.kind !== 'basic' || credentials.kind !== 'basic') return null
  return stored.username === credentials.username ? connection.account : null
}

import type { Account, Connection } from './connection.ts'
import type { Provider } from './provider.ts'
import type { Secret } from './secret.ts'

/** What a user hands over where a provider knows no OAuth: an address and a password, or an API key. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'api_key'; readonly apiKey: Secret }

/** The same in the clear, for the two places where a request or an answer is made of it. */
export type PlainCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'api_key'; readonly apiKey: string }

export type Header = { readonly name: string; readonly value: string }

/** What carries credentials to the provider's API; RFC 7617, in UTF-8, where it is Basic. */
export function credentialsHeader(
  credentials: PlainCredentials,
  { apiHeader, credentials: form }: Pick<Provider, 'apiHeader' | 'credentials'>,
): Header {
  const { name, scheme } = apiHeader
  switch (credentials.kind) {
    case 'basic':
      return { name, value: basic(credentials.username, credentials.password) }
    case 'api_key': {
      const { apiKey } = credentials
      const password = form?.basicPassword ?? null
      if (password !== null) return { name, value: basic(apiKey, password) }
      return { name, value: scheme === null ? apiKey : `${scheme} ${apiKey}` }
    }
    default:
      return credentials satisfies never
  }
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** RFC 7617 §2: a colon would end the user name, and neither part may hold a control character. */
export function isUsername(text: string): boolean {
  return isPassword(text) && !text.includes(':')
}

export function isPassword(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

const NOBODY: Account = { id: null, email: null, name: null }

/**
 * Whose credentials these are, as far as they say so themselves. An address is the same however it is
 * written; it is the account's id unless the provider's probe tells a better one.
 */
export function accountOf(
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

import type { Secret } from '../base/secret.ts'

/** A user's credentials at a provider without OAuth: a user name and password, or an API key. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'api_key'; readonly apiKey: Secret }

/** Credentials in plain text, to build a request or an answer. */
export type PlainCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'api_key'; readonly apiKey: string }

/** RFC 7617 §2: a user name has no colon. User name and password have no control characters. */
export function isUsername(text: string): boolean {
  return isPassword(text) && !text.includes(':')
}

export function isPassword(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

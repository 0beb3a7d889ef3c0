import type { Secret } from '../base/secret.ts'

/** What a user hands over where a provider knows no OAuth: an address and a password, or an API key. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: Secret }
  | { readonly kind: 'api_key'; readonly apiKey: Secret }

/** The same in the clear, for the two places where a request or an answer is made of it. */
export type PlainCredentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'api_key'; readonly apiKey: string }

/** RFC 7617 §2: a colon would end the user name, and neither part may hold a control character. */
export function isUsername(text: string): boolean {
  return isPassword(text) && !text.includes(':')
}

export function isPassword(text: string): boolean {
  return !/\p{Cc}/u.test(text)
}

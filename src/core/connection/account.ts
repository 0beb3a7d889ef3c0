import type { Account, Connection, Grant } from './connection.ts'

/** Of what is known, what is known first stays. An e-mail is as verified as where it comes from. */
export function completed(known: Account, told: Account): Account {
  const { email, emailVerified } = known.email === null ? told : known
  return {
    id: known.id ?? told.id,
    email,
    ...(emailVerified && { emailVerified }),
    name: known.name ?? told.name,
  }
}

/** By id if both have one, else by e-mail. Two accounts of which nothing is known are not the same. */
export function sameAccount(a: Account, b: Account): boolean {
  if (a.id !== null && b.id !== null) return a.id === b.id
  return a.email !== null && b.email !== null && sameEmail(a.email, b.email)
}

export function isNameless({ id, email }: Account): boolean {
  return id === null && email === null
}

/**
 * The connection, among those of one user and provider, that a grant of this account replaces. OAuth
 * tokens of an unknown account replace only what has ended. A client is nobody, and new credentials
 * without a name replace the old ones.
 */
export function replacedAmong(
  connections: readonly Connection[],
  account: Account,
  by: { readonly kind: Grant['kind']; readonly isSame: typeof sameAccount },
): Connection | null {
  const named = connections.find((one) => by.isSame(one.account, account))
  if (named !== undefined || !isNameless(account)) return named ?? null
  const nameless = connections.filter((one) => isNameless(one.account))
  const free = nameless.find(({ status }) => by.kind !== 'oauth' || status === 'disconnected')
  return free ?? null
}

/**
 * `sameAccount` for an account that a consent names. If only one of both has an id, the e-mail that
 * the provider names in its place must be verified.
 */
export function isSameByProof(stored: Account, told: Account): boolean {
  const isByEmail = (stored.id === null) !== (told.id === null)
  return sameAccount(stored, told) && (!isByEmail || told.emailVerified === true)
}

/** Whether what is known of both cannot be one account. */
export function isOtherAccount(a: Account, b: Account): boolean {
  const isKnown = (a.id !== null && b.id !== null) || (a.email !== null && b.email !== null)
  return isKnown && !sameAccount(a, b)
}

/**
 * Whether an account is the expected one: an account id, or an e-mail, which counts only if the
 * provider says that it is verified. Anyone can enter the e-mail of somebody else at a provider.
 */
export function expectation(
  account: Account,
  expected: string | null,
): 'met' | 'email_unverified' | 'other' {
  if (expected === null || account.id === expected) return 'met'
  if (account.email === null || !sameEmail(account.email, expected)) return 'other'
  return account.emailVerified === true ? 'met' : 'email_unverified'
}

/** ASCII letters only: Unicode maps other characters to them, such as the Kelvin sign to `k`. */
function sameEmail(a: string, b: string): boolean {
  return lowerAscii(a) === lowerAscii(b)
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

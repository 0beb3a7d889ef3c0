import type { Account, Connection, Grant } from './connection.ts'

/** An account about which nothing is known. */
export const UNKNOWN_ACCOUNT: Account = { id: null, email: null, name: null }

/**
 * Adds missing fields to `known` from `named`. The e-mail is copied together with its verification.
 */
export function completed(known: Account, named: Account): Account {
  const { email, emailVerified } = known.email === null ? named : known
  return {
    id: known.id ?? named.id,
    email,
    ...(emailVerified && { emailVerified }),
    name: known.name ?? named.name,
  }
}

/** Compares ids if both have one, else e-mails. Two unknown accounts are not the same. */
export function sameAccount(a: Account, b: Account): boolean {
  if (a.id !== null && b.id !== null) return a.id === b.id
  return a.email !== null && b.email !== null && sameEmail(a.email, b.email)
}

export function isNameless({ id, email }: Account): boolean {
  return id === null && email === null
}

/**
 * Finds the connection that a new grant of this account replaces, among those of one user and
 * provider. If the account is unknown, only a connection without an account is replaced. OAuth
 * tokens replace it only if it is disconnected.
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

/** Like `sameAccount`, but matches by e-mail only if the provider has verified it. */
export function isSameByProof(stored: Account, named: Account): boolean {
  const isByEmail = (stored.id === null) !== (named.id === null)
  return sameAccount(stored, named) && (!isByEmail || named.emailVerified === true)
}

/** Whether the known ids, or else the known e-mails, differ. */
export function isOtherAccount(a: Account, b: Account): boolean {
  const isKnown = (a.id !== null && b.id !== null) || (a.email !== null && b.email !== null)
  return isKnown && !sameAccount(a, b)
}

/**
 * Compares an account with the expected id or e-mail. An e-mail matches only if the provider has
 * verified it, because anyone can enter the e-mail of another person.
 */
export function expectation(
  account: Account,
  expected: string | null,
): 'met' | 'email_unverified' | 'other' {
  if (expected === null || account.id === expected) return 'met'
  if (account.email === null || !sameEmail(account.email, expected)) return 'other'
  return account.emailVerified === true ? 'met' : 'email_unverified'
}

/** Ignores case in ASCII only, because Unicode maps the Kelvin sign, for example, to `k`. */
function sameEmail(a: string, b: string): boolean {
  return lowerAscii(a) === lowerAscii(b)
}

function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

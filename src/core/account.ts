import type { Account } from './connection.ts'

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

/** By id where both have one; else by e-mail; two accounts of which nothing is known share one slot. */
export function sameAccount(a: Account, b: Account): boolean {
  if (a.id !== null && b.id !== null) return a.id === b.id
  if (a.email !== null && b.email !== null) return sameEmail(a.email, b.email)
  return a.id === b.id && a.email === b.email
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

function sameEmail(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

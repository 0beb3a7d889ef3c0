import type { Account } from './connection.ts'

/** By id where both have one; else by e-mail; two accounts of which nothing is known share one slot. */
export function sameAccount(a: Account, b: Account): boolean {
  if (a.id !== null && b.id !== null) return a.id === b.id
  if (a.email !== null && b.email !== null) return sameEmail(a.email, b.email)
  return a.id === b.id && a.email === b.email
}

/** Whether what is known of both cannot be one account. */
export function isOtherAccount(a: Account, b: Account): boolean {
  const isKnown = (a.id !== null && b.id !== null) || (a.email !== null && b.email !== null)
  return isKnown && !sameAccount(a, b)
}

/** `expected` is an account id or an e-mail; null expects nothing. */
export function isExpected(account: Account, expected: string | null): boolean {
  if (expected === null || account.id === expected) return true
  return account.email !== null && sameEmail(account.email, expected)
}

function sameEmail(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

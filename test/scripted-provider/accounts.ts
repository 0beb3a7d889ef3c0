import type { Account } from './ledger.ts'

/** The account that the nth consent is by, unless another was set. */
export function accountOf(index: number): Account {
  return { id: `acc-${index}`, email: `user-${index}@example.com`, name: `User ${index}` }
}

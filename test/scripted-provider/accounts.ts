import type { Account } from './ledger.ts'

/** The default account of the nth consent. */
export function accountOf(index: number): Account {
  return { id: `acc-${index}`, email: `user-${index}@example.com`, name: `User ${index}` }
}

import { hash } from 'node:crypto'

/** SHA-256 in base64url, for random values that are only looked up and never read back. */
export function digest(value: string): string {
  return hash('sha256', value, 'base64url')
}

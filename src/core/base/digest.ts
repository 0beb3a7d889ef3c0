import { hash } from 'node:crypto'

/** SHA-256, base64url: for values of full entropy that are looked up and never read back. */
export function digest(value: string): string {
  return hash('sha256', value, 'base64url')
}

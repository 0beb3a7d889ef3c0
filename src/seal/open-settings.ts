import { hash } from 'node:crypto'
import type { Secret } from '../core/base/secret.ts'

/** SHA-256: all that is kept of the bootstrap API key. */
export function digestOfSecret(secret: Secret): Buffer {
  return hash('sha256', secret.expose(), 'buffer')
}

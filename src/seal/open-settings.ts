import { hash } from 'node:crypto'
import type { Secret } from '../core/base/secret.ts'

/** The SHA-256 of the bootstrap API key. Larder stores nothing else of this key. */
export function digestOfSecret(secret: Secret): Buffer {
  return hash('sha256', secret.expose(), 'buffer')
}

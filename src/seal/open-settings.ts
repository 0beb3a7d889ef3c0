import { hash } from 'node:crypto'
import type { Secret } from '../core/secret.ts'

/** The 32 bytes of a master key that the settings hold as base64. Whoever derives from them wipes them. */
export function masterKeyBytes(masterKey: Secret): Uint8Array {
  return Buffer.from(masterKey.expose(), 'base64')
}

/** SHA-256: all that is kept of the bootstrap API key. */
export function digestOfSecret(secret: Secret): Buffer {
  return hash('sha256', secret.expose(), 'buffer')
}

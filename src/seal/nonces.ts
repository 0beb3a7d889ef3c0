import { randomFillSync } from 'node:crypto'
import { NONCE_BYTES } from './sealed-blob.ts'

/**
 * Random bytes for the next nonces, drawn at once: one call of Node's generator costs more than
 * sealing. Libsodium's generator in WebAssembly takes ten times as long.
 */
const POOL = new Uint8Array(256 * NONCE_BYTES)
let used = POOL.length

/** Returns a random nonce. No part of the pool is used twice. */
export function newNonce(): Uint8Array {
  if (used === POOL.length) {
    randomFillSync(POOL)
    used = 0
  }
  used += NONCE_BYTES
  return POOL.slice(used - NONCE_BYTES, used)
}

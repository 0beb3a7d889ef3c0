import { randomBytes } from 'node:crypto'
import sodium from 'libsodium-wrappers'
import { SealError } from '../core/base/errors.ts'
import type { WrappedKey } from '../ports/store.ts'
import { lengthPrefixed } from './length-prefixed.ts'
import { KEY_ID_BYTES, NONCE_BYTES } from './sealed-blob.ts'

export const KEY_BYTES = 32

const CHECK_LABEL = 'larder/key-check/v1'
const WRAPPING_LABEL = 'larder/key-wrapping/v1'
const KEY_ID_LABEL = 'larder/key-id/v1'
const WRAPPED_KEY_LABEL = 'larder/wrapped-key/v1'

/** The keys of one vault that are derived from the master key. The master key has no other use. */
export type MasterSubkeys = { readonly check: Uint8Array; readonly wrapping: Uint8Array }

/**
 * Overwrites `master` with zeros. Larder cannot wipe other copies: the text that the caller
 * decoded, copies by the garbage collector, and the heap of libsodium. WebAssembly can neither lock
 * memory nor exclude it from a core dump.
 */
export async function deriveSubkeys(master: Uint8Array, vaultId: string): Promise<MasterSubkeys> {
  await sodium.ready
  if (master.length !== KEY_BYTES) throw new RangeError('a master key is 32 bytes')
  const derive = (label: string): Uint8Array =>
    sodium.crypto_generichash(KEY_BYTES, lengthPrefixed(label, vaultId), master)
  const subkeys = { check: derive(CHECK_LABEL), wrapping: derive(WRAPPING_LABEL) }
  sodium.memzero(master)
  return subkeys
}

/** The id is derived from the key, so that two keys never have the same id. */
function keyIdOf(key: Uint8Array): Uint8Array {
  return sodium.crypto_generichash(KEY_ID_BYTES, lengthPrefixed(KEY_ID_LABEL), key)
}

export type NewKey = Pick<WrappedKey, 'purpose' | 'createdAt' | 'retiredAt'>

/** Returns nonce (24 bytes) ‖ ciphertext and tag. The tag covers vault, purpose and key id. */
export function wrapKey(
  wrapping: Uint8Array,
  vaultId: string,
  record: NewKey & { readonly key: Uint8Array },
): WrappedKey {
  const { key, purpose, createdAt, retiredAt } = record
  const id = Buffer.from(keyIdOf(key)).toString('hex')
  const nonce = randomBytes(NONCE_BYTES)
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    key,
    lengthPrefixed(WRAPPED_KEY_LABEL, vaultId, purpose, id),
    null,
    nonce,
    wrapping,
  )
  return { id, purpose, wrapped: Buffer.concat([nonce, ciphertext]), createdAt, retiredAt }
}

export function unwrapKey(wrapping: Uint8Array, vaultId: string, record: WrappedKey): Uint8Array {
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      record.wrapped.subarray(NONCE_BYTES),
      lengthPrefixed(WRAPPED_KEY_LABEL, vaultId, record.purpose, record.id),
      record.wrapped.subarray(0, NONCE_BYTES),
      wrapping,
    )
  } catch {
    throw new SealError('a wrapped key does not open')
  }
}

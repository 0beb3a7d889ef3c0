import { SealError } from '../core/base/errors.ts'

export const BLOB_VERSION = 1
export const KEY_ID_BYTES = 16
export const NONCE_BYTES = 24
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES

export type SealedBlob = {
  readonly keyId: Uint8Array
  readonly nonce: Uint8Array
  /** The ciphertext, followed by its tag. */
  readonly ciphertext: Uint8Array
}

/** Returns version (1 byte) ‖ key id (16) ‖ nonce (24) ‖ ciphertext and tag. */
export function encodeBlob({ keyId, nonce, ciphertext }: SealedBlob): Uint8Array {
  return Buffer.concat([Uint8Array.of(BLOB_VERSION), keyId, nonce, ciphertext])
}

/** Throws `SealError` if the bytes are not a sealed value. A damaged file may contain any bytes. */
export function parseBlob(blob: Uint8Array): SealedBlob {
  if (!(blob instanceof Uint8Array)) throw new SealError('the sealed value is none')
  if (blob.length < HEADER_BYTES + TAG_BYTES) throw new SealError('the sealed value is cut short')
  if (blob[0] !== BLOB_VERSION) throw new SealError('the sealed value has an unknown format')
  return {
    keyId: blob.subarray(1, 1 + KEY_ID_BYTES),
    nonce: blob.subarray(1 + KEY_ID_BYTES, HEADER_BYTES),
    ciphertext: blob.subarray(HEADER_BYTES),
  }
}

/** Returns an empty id if the bytes are not a sealed value. */
export function keyIdIn(blob: Uint8Array): Uint8Array {
  return blob[0] === BLOB_VERSION ? blob.subarray(1, 1 + KEY_ID_BYTES) : new Uint8Array()
}

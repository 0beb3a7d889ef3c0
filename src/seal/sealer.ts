import sodium from 'libsodium-wrappers'
import { SealError } from '../core/base/errors.ts'
import { Secret } from '../core/base/secret.ts'
import type { Place, Sealer } from '../ports/ports.ts'
import { associatedData } from './associated-data.ts'
import type { Keyring } from './keyring.ts'
import { lengthPrefixed } from './length-prefixed.ts'
import { newNonce } from './nonces.ts'
import { encodeBlob, keyIdIn, parseBlob } from './sealed-blob.ts'

const FINGERPRINT_BYTES = 32

/**
 * Seals with XChaCha20-Poly1305. A nonce has 192 bits, so random nonces do not repeat. `open` tries
 * only the key whose id is in the blob, because a crafted ciphertext of this cipher can open under
 * several keys.
 */
export function createSealer(keyring: Keyring): Sealer {
  return {
    seal: (value, place) => seal(keyring, value, place),
    open: (blob, place) => open(keyring, blob, place),
    isCurrent: (blob) => isCurrent(keyring, blob),
    fingerprint: (label, value) => {
      const text = typeof value === 'string' ? value : value.expose()
      const hash = sodium.crypto_generichash(
        FINGERPRINT_BYTES,
        lengthPrefixed(label, text),
        keyring.indexKey,
      )
      return Buffer.from(hash).toString('base64url')
    },
  }
}

function seal(keyring: Keyring, value: Secret, place: Place): Uint8Array {
  const { id: keyId, key } = keyring.current
  const nonce = newNonce()
  const plain = Buffer.from(value.expose())
  const ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
    plain,
    associatedData(keyring.vaultId, keyId, place),
    null,
    nonce,
    key,
  )
  plain.fill(0)
  return encodeBlob({ keyId, nonce, ciphertext })
}

function open(keyring: Keyring, blob: Uint8Array, place: Place): Secret {
  const { keyId, nonce, ciphertext } = parseBlob(blob)
  const key = keyring.dataKeys.get(viewOf(keyId).toString('hex'))
  if (key === undefined) throw new SealError('the key of the sealed value is not in the keyring')
  const ad = associatedData(keyring.vaultId, keyId, place)
  const plain = decrypt(ciphertext, { nonce, key, ad })
  // Use Node's decoder: libsodium's decoder drops a leading byte order mark.
  const secret = new Secret(viewOf(plain).toString())
  plain.fill(0)
  return secret
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

function isCurrent(keyring: Keyring, blob: Uint8Array): boolean {
  return Buffer.compare(keyIdIn(blob), keyring.current.id) === 0
}

function decrypt(
  ciphertext: Uint8Array,
  by: { readonly nonce: Uint8Array; readonly key: Uint8Array; readonly ad: Uint8Array },
): Uint8Array {
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      ciphertext,
      by.ad,
      by.nonce,
      by.key,
    )
  } catch {
    throw new SealError('the sealed value does not open in its place')
  }
}

import sodium from 'libsodium-wrappers'
import { beforeAll, describe, expect, test } from 'vitest'
import { SealError } from '../../src/core/base/errors.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Place } from '../../src/ports/ports.ts'
import type { WrappedKey } from '../../src/ports/store.ts'
import { type Keyring, openKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { bytes, field, readVectors, type Vector } from './read-vectors.ts'

beforeAll(() => sodium.ready)

const REFUSALS: Readonly<Record<string, string>> = {
  failure: 'the sealed value does not open in its place',
  'unknown key': 'the key of the sealed value is not in the keyring',
  'unknown format': 'the sealed value has an unknown format',
  'cut short': 'the sealed value is cut short',
}

describe('sealed-blob.txt', () => {
  const { shared, vectors } = readVectors('sealed-blob')
  const sealer = createSealer(keyringOf(shared))

  test.each(vectors.map((vector) => [field(vector, 'name'), vector] as const))(
    'a value of sealed-blob.txt opens only with its key and in its place: %s',
    (_, vector) => {
      const open = (): string => sealer.open(bytes(vector, 'blob'), placeOf(vector)).expose()
      const expected = field(vector, 'expect')
      if (expected === 'success') {
        expect(Buffer.from(open()).toString('hex')).toBe(field(vector, 'plaintext'))
      } else {
        expect(open).toThrow(new SealError(REFUSALS[expected] ?? 'no such refusal'))
      }
    },
  )

  test('a sealed value has the form that sealed-blob.txt describes', () => {
    const place = { table: 'connections', row: 'con_1', field: 'profile', generation: 258 }
    const blob = sealer.seal(new Secret('hello'), place)
    // Written by hand from the header of the file.
    const keyId = bytes(shared, 'key id')
    const associated = Buffer.concat([
      Buffer.from('0000000101', 'hex'),
      Buffer.from('00000014', 'hex'),
      Buffer.from('vault-of-the-vectors'),
      Buffer.from('0000000b', 'hex'),
      Buffer.from('connections'),
      Buffer.from('00000005', 'hex'),
      Buffer.from('con_1'),
      Buffer.from('00000007', 'hex'),
      Buffer.from('profile'),
      Buffer.from('000000080000000000000102', 'hex'),
      Buffer.from('00000010', 'hex'),
      keyId,
    ])
    expect(blob[0]).toBe(1)
    expect(Buffer.from(blob.subarray(1, 17)).equals(keyId)).toBe(true)
    const plain = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      null,
      blob.subarray(41),
      associated,
      blob.subarray(17, 41),
      bytes(shared, 'key'),
    )
    expect(Buffer.from(plain).toString()).toBe('hello')
  })
})

describe('fingerprint.txt', () => {
  const { shared, vectors } = readVectors('fingerprint')
  const indexKey = bytes(shared, 'index key')
  const sealer = createSealer({ ...keyringOf(readVectors('sealed-blob').shared), indexKey })

  test.each(vectors.map((vector) => [field(vector, 'label'), vector] as const))(
    'a fingerprint matches fingerprint.txt for the label %s',
    (label, vector) => {
      const value = Buffer.from(bytes(vector, 'value')).toString()
      expect(sealer.fingerprint(label, value)).toBe(field(vector, 'fingerprint'))
      expect(sealer.fingerprint(label, new Secret(value))).toBe(field(vector, 'fingerprint'))
    },
  )
})

test('the keys of wrapped-key.txt open with their master key', async () => {
  const { shared, vectors } = readVectors('wrapped-key')
  const keys = vectors.map((vector): WrappedKey => ({
    id: field(vector, 'id'),
    purpose: field(vector, 'purpose') === 'index' ? 'index' : 'data',
    wrapped: bytes(vector, 'wrapped'),
    createdAt: 0,
    retiredAt: null,
  }))
  const vaultId = field(shared, 'vault')
  const records = { vaultId, check: bytes(shared, 'key check'), keys }
  using keyring = await openKeyring(bytes(shared, 'master key'), records)
  const held = [keyring.current.key, keyring.indexKey].map((key) =>
    Buffer.from(key).toString('hex'),
  )
  expect(held).toEqual(vectors.map((vector) => field(vector, 'key')))
})

function keyringOf(shared: Vector): Keyring {
  const [id, key] = [bytes(shared, 'key id'), bytes(shared, 'key')]
  return {
    vaultId: field(shared, 'vault'),
    current: { id, key },
    dataKeys: new Map([[field(shared, 'key id'), key]]),
    indexKey: new Uint8Array(32),
    withNewKey: (records) => records,
    takeUp: () => undefined,
    [Symbol.dispose]: () => undefined,
  }
}

function placeOf(vector: Vector): Place {
  return {
    table: field(vector, 'table'),
    row: field(vector, 'row'),
    field: field(vector, 'field'),
    generation: Number(field(vector, 'generation')),
  }
}

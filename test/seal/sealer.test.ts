import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { SealError } from '../../src/core/base/errors.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Place, Sealer } from '../../src/ports/ports.ts'
import { createKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { masterKey } from '../support/open-vault-store.ts'

let sealer: Sealer
let stranger: Sealer

beforeAll(async () => {
  sealer = createSealer((await createKeyring(masterKey(), 'vault', 0)).keyring)
  stranger = createSealer((await createKeyring(masterKey(), 'other vault', 0)).keyring)
})

const text = fc.string({ unit: 'binary', maxLength: 200 })
const place: fc.Arbitrary<Place> = fc.record({
  table: text,
  row: text,
  field: text,
  generation: fc.maxSafeNat(),
})

describe('a sealed value', () => {
  test('a sealed value opens to the same text', () => {
    fc.assert(
      fc.property(text, place, (value, at) => {
        expect(sealer.open(sealer.seal(new Secret(value), at), at).expose()).toBe(value)
      }),
    )
  })

  test('a sealed value keeps a leading byte order mark', () => {
    const at = { table: 't', row: 'r', field: 'f', generation: 0 }
    const value = '\u{feff}token'
    expect(sealer.open(sealer.seal(new Secret(value), at), at).expose()).toBe(value)
  })

  test('a sealed value does not open with any single bit flipped', () => {
    fc.assert(
      fc.property(text, place, fc.nat(), (value, at, where) => {
        const blob = Buffer.from(sealer.seal(new Secret(value), at))
        const bit = where % (blob.length * 8)
        blob[bit >> 3] = (blob[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => sealer.open(blob, at)).toThrow(SealError)
      }),
      { numRuns: 1_000 },
    )
  })

  test('a sealed value does not open in any other place', () => {
    fc.assert(
      fc.property(text, place, place, (value, at, elsewhere) => {
        fc.pre(JSON.stringify(at) !== JSON.stringify(elsewhere))
        const blob = sealer.seal(new Secret(value), at)
        expect(() => sealer.open(blob, elsewhere)).toThrow(SealError)
      }),
    )
  })

  test.each(['table', 'row', 'field'] as const)(
    'a sealed value does not open in another %s',
    (part) => {
      const at: Place = { table: 'a', row: 'b', field: 'c', generation: 1 }
      const blob = sealer.seal(new Secret('x'), at)
      expect(() => sealer.open(blob, { ...at, [part]: 'z' })).toThrow(SealError)
    },
  )

  test.each([0, 2, 2 ** 40])(
    'a sealed value does not open in another generation (%d)',
    (generation) => {
      const at: Place = { table: 'a', row: 'b', field: 'c', generation: 1 }
      const blob = sealer.seal(new Secret('x'), at)
      expect(() => sealer.open(blob, { ...at, generation })).toThrow(SealError)
    },
  )

  test('a sealed value does not open if characters move between table, row and field of its place', () => {
    const blob = sealer.seal(new Secret('x'), { table: 'ab', row: 'c', field: '', generation: 1 })
    const moved = { table: 'a', row: 'bc', field: '', generation: 1 }
    expect(() => sealer.open(blob, moved)).toThrow(SealError)
  })

  test('a sealed value does not open in another vault with the same master key', () => {
    const at = { table: 't', row: 'r', field: 'f', generation: 0 }
    expect(() => stranger.open(sealer.seal(new Secret('x'), at), at)).toThrow(SealError)
  })

  test('opening random bytes throws SealError and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), place, (blob, at) => {
        expect(() => sealer.open(blob, at)).toThrow(SealError)
      }),
    )
  })

  test.each([Number.NaN, -1, 1.5, 2 ** 53])(
    'a sealed value does not open with the invalid generation %d',
    (generation) => {
      const at = { table: 't', row: 'r', field: 'f', generation: 0 }
      const blob = sealer.seal(new Secret('x'), at)
      expect(() => sealer.open(blob, { ...at, generation })).toThrow(SealError)
    },
  )

  test('ten thousand sealed values have different nonces', () => {
    const at = { table: 't', row: 'r', field: 'f', generation: 0 }
    const nonces = Array.from({ length: 10_000 }, () =>
      Buffer.from(sealer.seal(new Secret('x'), at).subarray(17, 41)).toString('hex'),
    )
    expect(new Set(nonces).size).toBe(nonces.length)
  })
})

describe('a fingerprint', () => {
  test('fingerprints are equal only for equal values and labels', () => {
    fc.assert(
      fc.property(text, text, text, text, (label, value, otherLabel, otherValue) => {
        fc.pre(label !== otherLabel || value !== otherValue)
        const print = sealer.fingerprint(label, value)
        expect(print).toBe(sealer.fingerprint(label, new Secret(value)))
        expect(print).not.toBe(sealer.fingerprint(otherLabel, otherValue))
      }),
    )
  })

  test('fingerprints of one value differ between vaults', () => {
    expect(sealer.fingerprint('l', 'v')).not.toBe(stranger.fingerprint('l', 'v'))
  })
})

import { describe, expect, test } from 'vitest'
import { SealError } from '../../src/core/base/errors.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { VaultKeys } from '../../src/ports/store.ts'
import { createKeyring, openKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { WrongKeyError } from '../../src/seal/wrong-key-error.ts'
import { masterKey } from '../support/open-vault-store.ts'

const AT = { table: 't', row: 'r', field: 'f', generation: 0 }

describe('a keyring', () => {
  test('a keyring renews its data key without the master key', async () => {
    const { records, keyring } = await createKeyring(masterKey('a'), 'vault', 1)
    const renewed = keyring.withNewKey(records, 2)
    keyring.takeUp(renewed)
    const blob = createSealer(keyring).seal(new Secret('hello'), AT)
    keyring[Symbol.dispose]()
    const again = createSealer(await openKeyring(masterKey('a'), renewed))
    expect(again.open(blob, AT).expose()).toBe('hello')
    expect(() => keyring.takeUp({ ...renewed, check: new Uint8Array(32) })).toThrow()
  })

  test('a keyring that is reopened with its master key opens values that were sealed before', async () => {
    const { records, keyring } = await createKeyring(masterKey('a'), 'vault', 1)
    const blob = createSealer(keyring).seal(new Secret('hello'), AT)
    const again = await openKeyring(masterKey('a'), records)
    expect(createSealer(again).open(blob, AT).expose()).toBe('hello')
    expect(createSealer(again).fingerprint('l', 'v')).toBe(
      createSealer(keyring).fingerprint('l', 'v'),
    )
  })

  test('a keyring refuses another master key', async () => {
    const { records } = await createKeyring(masterKey('a'), 'vault', 1)
    await expect(openKeyring(masterKey('b'), records)).rejects.toThrow(WrongKeyError)
    await expect(addDataKey(masterKey('b'), records, 2)).rejects.toThrow(WrongKeyError)
  })

  test('a keyring refuses the key records of another vault', async () => {
    const { records } = await createKeyring(masterKey('a'), 'vault', 1)
    const moved = { ...records, vaultId: 'other' }
    await expect(openKeyring(masterKey('a'), moved)).rejects.toThrow(WrongKeyError)
  })

  test('a master key that is not 32 bytes long is refused', async () => {
    await expect(createKeyring(new Uint8Array(31), 'vault', 1)).rejects.toThrow(RangeError)
  })

  test('opening a keyring zeroes the given master key, and disposal zeroes all keys', async () => {
    const master = masterKey('a')
    const { records, keyring } = await createKeyring(master, 'vault', 1)
    expect(master.every((byte) => byte === 0)).toBe(true)
    const again = masterKey('a')
    await openKeyring(again, records)
    expect(again.every((byte) => byte === 0)).toBe(true)
    keyring[Symbol.dispose]()
    expect(keyring.indexKey.every((byte) => byte === 0)).toBe(true)
    expect(keyring.current.key.every((byte) => byte === 0)).toBe(true)
  })

  test('the key records contain no key in plain text', async () => {
    const { records, keyring } = await createKeyring(masterKey('a'), 'vault', 1)
    const stored = Buffer.concat([records.check, ...records.keys.map(({ wrapped }) => wrapped)])
    for (const key of [keyring.indexKey, keyring.current.key, masterKey('a')]) {
      expect(stored.includes(Buffer.from(key))).toBe(false)
    }
  })
})

describe('a new data key', () => {
  test('a new data key seals new values, and the old key still opens the values that it sealed', async () => {
    const { records, keyring } = await createKeyring(masterKey('a'), 'vault', 1)
    const old = createSealer(keyring).seal(new Secret('old'), AT)
    const more = await addDataKey(masterKey('a'), records, 2)
    const both = createSealer(await openKeyring(masterKey('a'), more))
    const fresh = both.seal(new Secret('new'), AT)
    expect(both.open(old, AT).expose()).toBe('old')
    expect(both.open(fresh, AT).expose()).toBe('new')
    // The sealed value names its key, so the older keyring does not try its own key.
    expect(() => createSealer(keyring).open(fresh, AT)).toThrow('is not in the keyring')
    expect(both.fingerprint('l', 'v')).toBe(createSealer(keyring).fingerprint('l', 'v'))
  })

  test('a new data key retires all other data keys', async () => {
    const { records } = await createKeyring(masterKey('a'), 'vault', 1)
    const more = await addDataKey(masterKey('a'), await addDataKey(masterKey('a'), records, 2), 3)
    const data = more.keys.filter(({ purpose }) => purpose === 'data')
    expect(data.map(({ createdAt, retiredAt }) => [createdAt, retiredAt])).toEqual([
      [1, 2],
      [2, 3],
      [3, null],
    ])
    expect(more.keys.filter(({ purpose }) => purpose === 'index')).toHaveLength(1)
  })
})

describe('damaged key records', () => {
  test('a damaged data key does not affect values of other keys', async () => {
    const { records, keyring } = await createKeyring(masterKey('a'), 'vault', 1)
    const old = createSealer(keyring).seal(new Secret('old'), AT)
    const more = await addDataKey(masterKey('a'), records, 2)
    const newest = more.keys.at(-1)
    const reopened = createSealer(await openKeyring(masterKey('a'), damaged(more, newest?.id)))
    expect(reopened.open(old, AT).expose()).toBe('old')
  })

  test.each(['data', 'index'] as const)(
    'a keyring does not open if its only %s key is damaged',
    async (purpose) => {
      const { records } = await createKeyring(masterKey('a'), 'vault', 1)
      const only = records.keys.find((key) => key.purpose === purpose)
      const opening = openKeyring(masterKey('a'), damaged(records, only?.id))
      await expect(opening).rejects.toThrow(SealError)
    },
  )

  test.each([
    ['truncated', (check: Uint8Array) => check.subarray(1)],
    ['altered', (check: Uint8Array) => check.map((byte, i) => (i === 3 ? byte ^ 4 : byte))],
  ])(
    'a master-key check that is %s is reported as damage, not as a wrong key',
    async (_, spoilt) => {
      const { records } = await createKeyring(masterKey('a'), 'vault', 1)
      const damagedCheck = { ...records, check: spoilt(records.check) }
      const opening = openKeyring(masterKey('a'), damagedCheck)
      await expect(opening).rejects.toThrow('the check of the master key is damaged')
      await expect(openKeyring(masterKey('b'), damagedCheck)).rejects.toThrow(WrongKeyError)
    },
  )

  test('a data key cannot be used as an index key, or the reverse', async () => {
    const { records } = await createKeyring(masterKey('a'), 'vault', 1)
    const swapped = records.keys.map((key) => ({
      ...key,
      purpose: key.purpose === 'data' ? ('index' as const) : ('data' as const),
    }))
    const opening = openKeyring(masterKey('a'), { ...records, keys: swapped })
    await expect(opening).rejects.toThrow(SealError)
  })
})

function damaged(records: VaultKeys, id: string | undefined): VaultKeys {
  const keys = records.keys.map((key) =>
    key.id === id
      ? { ...key, wrapped: key.wrapped.map((byte, i) => (i === 30 ? ~byte : byte)) }
      : key,
  )
  return { ...records, keys }
}

async function addDataKey(master: Uint8Array, records: VaultKeys, now: number) {
  using keyring = await openKeyring(master, records)
  return keyring.withNewKey(records, now)
}

import { randomBytes } from 'node:crypto'
import sodium from 'libsodium-wrappers'
import { SealError } from '../core/base/errors.ts'
import type { Instant } from '../core/base/ids.ts'
import type { VaultKeys, WrappedKey } from '../ports/store.ts'
import { deriveSubkeys, KEY_BYTES, type MasterSubkeys, unwrapKey, wrapKey } from './master-key.ts'
import { WrongKeyError } from './wrong-key-error.ts'

/** The keys of an open vault, in memory. Disposing overwrites the keys with zeros. */
export type Keyring = Disposable & {
  readonly vaultId: string
  /** The key that seals all new values. */
  readonly current: { readonly id: Uint8Array; readonly key: Uint8Array }
  /** All data keys, retired keys included, by hexadecimal id. */
  readonly dataKeys: ReadonlyMap<string, Uint8Array>
  /**
   * The key for fingerprints. This key is never replaced, because stored fingerprints cannot be
   * computed again.
   */
  readonly indexKey: Uint8Array
  /** Returns the records with a new data key. All other data keys are retired. */
  withNewKey(records: VaultKeys, now: Instant): VaultKeys
  /** Replaces the keys in memory with the keys of `records`. */
  takeUp(records: VaultKeys): void
}

/** Makes the keys of a new vault. Overwrites `master` with zeros. */
export async function createKeyring(
  master: Uint8Array,
  vaultId: string,
  now: Instant,
): Promise<{ readonly records: VaultKeys; readonly keyring: Keyring }> {
  const subkeys = await deriveSubkeys(master, vaultId)
  const keys = (['index', 'data'] as const).map((purpose) =>
    newWrappedKey(subkeys, vaultId, purpose, now),
  )
  const records = { vaultId, check: subkeys.check, keys }
  return { records, keyring: keyringOf(subkeys, unwrapAll(subkeys, records)) }
}

/**
 * Opens the keys of a vault. Throws `WrongKeyError` if the master key belongs to another vault, and
 * `SealError` if damaged records make the vault unusable. Overwrites `master` with zeros.
 */
export async function openKeyring(master: Uint8Array, records: VaultKeys): Promise<Keyring> {
  const subkeys = await deriveSubkeys(master, records.vaultId)
  assertRight(subkeys, records)
  return keyringOf(subkeys, unwrapAll(subkeys, records))
}

function withNewKey(subkeys: MasterSubkeys, records: VaultKeys, now: Instant): VaultKeys {
  const retired = records.keys.map((key) =>
    key.purpose === 'data' ? { ...key, retiredAt: key.retiredAt ?? now } : key,
  )
  const added = newWrappedKey(subkeys, records.vaultId, 'data', now)
  return { ...records, keys: [...retired, added] }
}

function assertRight(subkeys: MasterSubkeys, records: VaultKeys): void {
  const isRight =
    records.check.length === subkeys.check.length && sodium.memcmp(records.check, subkeys.check)
  if (isRight) return
  // A master key that opens a data key is the right key. If Larder threw `WrongKeyError`, an
  // operator might delete the right key.
  const opensKeys = records.keys.some((key) => opens(subkeys, records, key))
  sodium.memzero(subkeys.wrapping)
  throw opensKeys ? new SealError('the check of the master key is damaged') : new WrongKeyError()
}

function opens({ wrapping }: MasterSubkeys, { vaultId }: VaultKeys, key: WrappedKey): boolean {
  const opened = unwrapOrNull(wrapping, vaultId, key)
  if (opened !== null) sodium.memzero(opened)
  return opened !== null
}

function newWrappedKey(
  subkeys: MasterSubkeys,
  vaultId: string,
  purpose: WrappedKey['purpose'],
  createdAt: Instant,
): WrappedKey {
  const key = randomBytes(KEY_BYTES)
  const wrapped = wrapKey(subkeys.wrapping, vaultId, { key, purpose, createdAt, retiredAt: null })
  sodium.memzero(key)
  return wrapped
}

function unwrapAll({ wrapping }: MasterSubkeys, records: VaultKeys): Keys {
  const { vaultId } = records
  const index = records.keys.find((record) => record.purpose === 'index')
  if (index === undefined) throw new SealError('the vault has no index key')
  const dataKeys = unwrapDataKeys(wrapping, records)
  const newest = records.keys.filter(({ id }) => dataKeys.has(id)).toSorted(byFitness)[0]
  const key = newest && dataKeys.get(newest.id)
  if (newest === undefined || key === undefined) throw new SealError('no data key opens')
  const indexKey = unwrapOrNull(wrapping, vaultId, index)
  if (indexKey === null) throw new SealError('the index key does not open')
  const current = { id: Buffer.from(newest.id, 'hex'), key }
  return { vaultId, current, dataKeys, indexKey }
}

type Keys = Pick<Keyring, 'vaultId' | 'current' | 'dataKeys' | 'indexKey'>

/** Keeps the wrapping key in memory, to wrap new data keys. Does not keep the master key. */
function keyringOf(subkeys: MasterSubkeys, first: Keys): Keyring {
  let keys = first
  return {
    vaultId: first.vaultId,
    get current() {
      return keys.current
    },
    get dataKeys() {
      return keys.dataKeys
    },
    get indexKey() {
      return keys.indexKey
    },
    withNewKey: (records, now) => withNewKey(subkeys, records, now),
    takeUp: (records) => {
      assertRight(subkeys, records)
      const next = unwrapAll(subkeys, records)
      wipe(keys)
      keys = next
    },
    [Symbol.dispose]: () => {
      wipe(keys)
      sodium.memzero(subkeys.wrapping)
    },
  }
}

function wipe({ dataKeys, indexKey }: Keys): void {
  for (const held of [...dataKeys.values(), indexKey]) sodium.memzero(held)
}

/** Sorts data keys in use before retired keys, and newer keys before older keys. */
function byFitness(a: WrappedKey, b: WrappedKey): number {
  const retired = Number(a.retiredAt !== null) - Number(b.retiredAt !== null)
  return retired || b.createdAt - a.createdAt
}

/** Skips damaged records: only the values sealed with their keys are lost. */
function unwrapDataKeys(wrapping: Uint8Array, records: VaultKeys): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>()
  for (const record of records.keys.filter(({ purpose }) => purpose === 'data')) {
    const key = unwrapOrNull(wrapping, records.vaultId, record)
    if (key !== null) keys.set(record.id, key)
  }
  return keys
}

function unwrapOrNull(
  wrapping: Uint8Array,
  vaultId: string,
  record: WrappedKey,
): Uint8Array | null {
  try {
    return unwrapKey(wrapping, vaultId, record)
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
}

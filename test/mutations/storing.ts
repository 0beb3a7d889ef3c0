import type { Mutation } from './mutation.ts'

const OPENING = 'test/store/sqlite/opening.test.ts'
const SCHEMA = 'test/store/sqlite/damaged-schema.test.ts'
const SEALER = 'test/seal/sealer.test.ts'
const KEYRING = 'test/seal/keyring.test.ts'
const DATA_KEY = 'test/vault/data-key.test.ts'
const RETIRED = 'a bit that calls the %s key retired takes no key away from the vault'
const AD = {
  file: 'src/seal/associated-data.ts',
  original:
    'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, generation, keyId)\n',
} as const

/** What is on the disk, and who can read it. */
export const storing: readonly Mutation[] = [
  {
    promise: 'a commit that returned is on stable storage',
    file: 'src/store/sqlite/pragmas.ts',
    original: "  ['synchronous', 'full', SYNCHRONOUS_FULL],\n",
    mutant: "  ['synchronous', 'normal', 1],\n",
    killedBy: [[OPENING, 'holds after a write and after opening again']],
  },
  {
    promise: 'a setting of SQLite that does not hold is noticed',
    file: 'src/store/sqlite/pragmas.ts',
    original: '  if (is !== SYNCHRONOUS_FULL) {\n',
    mutant: '  if (is === undefined) {\n',
    killedBy: [[OPENING, 'would not hold if it were not told each time, which is noticed']],
  },
  {
    promise: 'a deleted token leaves nothing behind in the file',
    file: 'src/store/sqlite/pragmas.ts',
    original: "  ['secure_delete', 'on', 1],\n",
    mutant: "  ['secure_delete', 'off', 0],\n",
    killedBy: [[OPENING, 'leaves nothing of a deleted token in the files']],
  },
  {
    promise: 'an index that hides rows is noticed at the start',
    file: 'src/store/sqlite/inspect-vault-file.ts',
    original: "passes(raw, 'integrity_check')",
    mutant: "passes(raw, 'quick_check')",
    killedBy: [[SCHEMA, 'of %s, %s, is made anew, and nothing is missing']],
  },
  {
    promise: 'a table that has lost a column is noticed at the start',
    file: 'src/store/sqlite/inspect-vault-file.ts',
    original: '    assertShape(raw, await lastKnownStep(db))\n',
    mutant: '    await lastKnownStep(db)\n',
    killedBy: [[SCHEMA, 'are refused with a bit of the name of %s flipped, and left as they are']],
  },
  {
    promise: 'an empty directory where a vault is expected is no new vault',
    file: 'src/config/vault-id.ts',
    original: '  if (vaultId !== null && !existsSync(databaseFile)) {\n',
    mutant: "  if (vaultId === '' && !existsSync(databaseFile)) {\n",
    killedBy: [
      ['test/config/vault-id.test.ts', '%s is refused before anything is written, keys included'],
    ],
  },
  {
    promise: 'no other vault is opened than the expected one',
    file: 'src/daemon.ts',
    original: '  if (vaultId === null || keys?.vaultId === vaultId) return\n',
    mutant: '  if (vaultId === null || keys !== null) return\n',
    killedBy: [
      [
        'test/process/expected-vault.test.ts',
        'another vault than the expected one is refused, whatever its key, and left as it is',
      ],
    ],
  },
  {
    promise: 'a writer that another one holds up waits instead of failing',
    file: 'src/store/sqlite/dialect.ts',
    original: "CompiledQuery.raw('begin immediate')",
    mutant: "CompiledQuery.raw('begin')",
    killedBy: [
      [
        'test/store/sqlite/failing.test.ts',
        'is waited for without blocking, and the write runs once more from its start',
      ],
    ],
  },
  {
    promise: 'a full disk is called by its name',
    file: 'src/store/sqlite/dialect.ts',
    original: "if (this.#raw.inTransaction) this.#raw.exec('rollback')",
    mutant: "this.#raw.exec('rollback')",
    killedBy: [
      [
        'test/store/sqlite/failing.test.ts',
        'is called by its name, undoes the transaction, and is over when there is room',
      ],
    ],
  },
  {
    ...AD,
    promise: 'a sealed value opens in its own vault alone',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), table, row, field, generation, keyId)\n',
    killedBy: [
      ['test/seal/vectors.test.ts', 'what is sealed here has the form that the file describes'],
    ],
  },
  {
    ...AD,
    promise: 'a sealed value opens in its own table alone',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, row, field, generation, keyId)\n',
    killedBy: [[SEALER, 'does not open in another table']],
  },
  {
    ...AD,
    promise: 'a sealed value opens in its own row alone',
    mutant:
      'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, field, generation, keyId)\n',
    killedBy: [[SEALER, 'does not open in another row']],
  },
  {
    ...AD,
    promise: 'a sealed value opens in its own field alone',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, generation, keyId)\n',
    killedBy: [[SEALER, 'does not open in another field']],
  },
  {
    ...AD,
    promise: 'a sealed value opens in its own generation alone',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, keyId)\n',
    killedBy: [[SEALER, 'does not open in another generation: %s']],
  },
  {
    ...AD,
    promise: 'a sealed value opens under the key it names alone',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, generation)\n',
    killedBy: [
      ['test/seal/vectors.test.ts', 'what is sealed here has the form that the file describes'],
    ],
  },
  {
    promise: 'exactly one key is tried',
    file: 'src/seal/sealer.ts',
    original:
      "  if (key === undefined) throw new SealError('the key of the sealed value is not in the keyring')\n  const ad = associatedData(keyring.vaultId, keyId, place)\n  const plain = decrypt(ciphertext, { nonce, key, ad })\n",
    mutant:
      '  const ad = associatedData(keyring.vaultId, keyId, place)\n  const plain = decrypt(ciphertext, { nonce, key: key ?? keyring.current.key, ad })\n',
    killedBy: [['test/seal/vectors.test.ts', 'sealed under a key that is not in the ring']],
  },
  {
    promise: 'a wrong master key is told before anything is written',
    file: 'src/seal/keyring.ts',
    original: '  if (isRight) return\n',
    mutant: '  return\n',
    killedBy: [
      [KEYRING, 'refuses any other master key'],
      [OPENING, 'leaves %s as it is'],
    ],
  },
  {
    promise: 'a damaged check is not called a wrong master key',
    file: 'src/seal/keyring.ts',
    original: '  throw opensKeys ?',
    mutant: '  throw opensKeys === null ?',
    killedBy: [[KEYRING, 'of the master key’s check, %s, are not called a wrong key']],
  },
  {
    promise: 'the key that seals goes only once another has taken over',
    file: 'src/vault/renew-data-key.ts',
    original: '  if (!keys.some(isInUse)) await renewDataKey(ports)\n',
    mutant: '',
    killedBy: [[DATA_KEY, RETIRED]],
  },
  {
    promise: 'the key of the fingerprints never goes',
    file: 'src/vault/renew-data-key.ts',
    original: "  return purpose === 'data' && retiredAt !== null\n",
    mutant: '  return retiredAt !== null\n',
    killedBy: [[DATA_KEY, RETIRED]],
  },
  {
    promise: 'one damaged value keeps no other from being sealed anew',
    file: 'src/seal/sealed-blob.ts',
    original:
      '  return blob[0] === BLOB_VERSION ? blob.subarray(1, 1 + KEY_ID_BYTES) : new Uint8Array()\n',
    mutant: '  return parseBlob(blob).keyId\n',
    killedBy: [
      [DATA_KEY, 'a sealed value that has lost %s keeps nothing else from being sealed anew'],
    ],
  },
]

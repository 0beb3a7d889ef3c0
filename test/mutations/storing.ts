import type { Mutation } from './mutation.ts'

const OPENING = 'test/store/sqlite/opening.test.ts'
const FILE_CHECK = 'test/store/sqlite/file-check.test.ts'
const DAMAGED =
  'a large vault with a damaged table opens and serves tokens; after its check, it refuses writes as corrupt, and so does the next start'
const SCHEMA = 'test/store/sqlite/damaged-schema.test.ts'
const SEALER = 'test/seal/sealer.test.ts'
const KEYRING = 'test/seal/keyring.test.ts'
const DATA_KEY = 'test/vault/upkeep/data-key.test.ts'
const GROUP = 'test/store/group-commit.test.ts'
const FAILED_COMMIT = 'a failed commit fails every write of its group, and stores none'
const RETIRED = 'a flipped bit that marks the %s key as retired loses no key'
const AD = {
  file: 'src/seal/associated-data.ts',
  original:
    'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, generation, keyId)\n',
} as const

/** The database file, sealed values and keys. */
export const storing: readonly Mutation[] = [
  {
    guarantee: 'A commit that has returned is on stable storage',
    file: 'src/store/sqlite/pragmas.ts',
    original: "  ['synchronous', 'full', SYNCHRONOUS_FULL],\n",
    mutant: "  ['synchronous', 'normal', 1],\n",
    killedBy: [[OPENING, 'the SQLite pragmas are in force after a write and after reopening']],
  },
  {
    guarantee: 'An SQLite setting that did not take effect is detected',
    file: 'src/store/sqlite/pragmas.ts',
    original: '  if (is !== SYNCHRONOUS_FULL) {\n',
    mutant: '  if (is === undefined) {\n',
    killedBy: [[OPENING, 'a database connection without the pragmas is detected as not durable']],
  },
  {
    guarantee: 'SQLite overwrites a deleted token in the file',
    file: 'src/store/sqlite/pragmas.ts',
    original: "  ['secure_delete', 'on', 1],\n",
    mutant: "  ['secure_delete', 'off', 0],\n",
    killedBy: [[OPENING, 'a deleted token is overwritten in the database files']],
  },
  {
    guarantee: 'An index that hides rows is detected at the start',
    file: 'src/store/sqlite/examine-file.ts',
    original: "passes(raw, 'integrity_check(1)')",
    mutant: "passes(raw, 'quick_check(1)')",
    killedBy: [
      [SCHEMA, 'a damaged index of %s (%s) is rebuilt at the start, and no row is missing'],
    ],
  },
  {
    guarantee: 'A missing column is detected at the start',
    file: 'src/store/sqlite/inspect-vault-file.ts',
    original: '    assertShape(raw, step)\n',
    mutant: '',
    killedBy: [
      [
        SCHEMA,
        'a vault whose column %s has a flipped bit in its name is rejected and left unchanged',
      ],
    ],
  },
  {
    guarantee: 'A large vault is checked at once if its file was changed or copied',
    file: 'src/store/sqlite/check-record.ts',
    original: " && record['file'] === fileState(database)",
    mutant: '',
    killedBy: [
      [FILE_CHECK, 'a vault is checked at once if another program wrote to its file'],
      [FILE_CHECK, 'a vault is checked at once if its file is a copy'],
    ],
  },
  {
    guarantee: 'No write follows a check that found damage',
    file: 'src/store/sqlite/file-checker.ts',
    original: "    if (result === 'damaged') this.#refuse('corrupt')\n",
    mutant: '',
    killedBy: [[FILE_CHECK, DAMAGED]],
  },
  {
    guarantee: 'A start after damage checks the whole file before the first write',
    file: 'src/store/sqlite/inspect-vault-file.ts',
    original: " && record.kind !== 'suspect'",
    mutant: '',
    killedBy: [[FILE_CHECK, DAMAGED]],
  },
  {
    guarantee: 'A check that could not run does not count as passed',
    file: 'src/store/sqlite/file-checker.ts',
    original: "catch(() => 'failed' as const)",
    mutant: "catch(() => 'passed' as const)",
    killedBy: [
      [
        FILE_CHECK,
        'a check whose process was killed is reported as failed, and is repeated after an hour and at the next start',
      ],
    ],
  },
  {
    guarantee: 'No new vault is created in an empty directory if a vault id is expected',
    file: 'src/config/vault-id.ts',
    original: '  if (vaultId !== null && databaseFile !== null && !existsSync(databaseFile)) {\n',
    mutant: "  if (vaultId === '' && databaseFile !== null && !existsSync(databaseFile)) {\n",
    killedBy: [
      [
        'test/config/vault-id.test.ts',
        'LARDER_VAULT_ID %s is rejected before any file is written, key files included',
      ],
    ],
  },
  {
    guarantee: 'A vault with an unexpected id is not opened',
    file: 'src/daemon.ts',
    original: '  if (vaultId === null || keys?.vaultId === vaultId) return\n',
    mutant: '  if (vaultId === null || keys !== null) return\n',
    killedBy: [
      [
        'test/process/expected-vault.test.ts',
        'a vault with another id than LARDER_VAULT_ID is refused and not changed, with the right or a wrong master key',
      ],
    ],
  },
  {
    guarantee: 'A blocked writer waits instead of failing',
    file: 'src/store/sqlite/dialect.ts',
    original: "CompiledQuery.raw('begin immediate')",
    mutant: "CompiledQuery.raw('begin')",
    killedBy: [
      [
        'test/store/sqlite/failing.test.ts',
        'a write waits for a locked database without blocking, then runs',
      ],
    ],
  },
  {
    guarantee: 'No caller is answered before its write is committed',
    file: 'src/store/group-commit.ts',
    original: '    const answer = await run(trx)\n',
    mutant: '    const answer = await run(trx)\n    answer()\n',
    killedBy: [
      [GROUP, 'writes of one turn are committed together, and no caller is answered earlier'],
      ['test/store/sqlite/failing.test.ts', FAILED_COMMIT],
    ],
  },
  {
    guarantee: 'A write that fails does not fail the writes that share its transaction',
    file: 'src/store/group-commit.ts',
    original: '    await rollBack(db, error)\n',
    mutant: '    throw error\n',
    killedBy: [[GROUP, 'a write that %s is rolled back alone']],
  },
  {
    guarantee: 'A write that fails is not committed with the writes that share its transaction',
    file: 'src/store/group-commit.ts',
    original: '    await db.executeQuery(ROLL_BACK)\n',
    mutant: '',
    killedBy: [[GROUP, 'a write that %s is rolled back alone']],
  },
  {
    guarantee: 'A failed commit fails every write that it contains',
    file: 'src/store/group-commit.ts',
    original: '      for (const { fail } of group) fail(error)\n',
    mutant: '      group.at(-1)?.fail(error)\n',
    killedBy: [['test/store/sqlite/failing.test.ts', FAILED_COMMIT]],
  },
  {
    guarantee: 'Closing the store loses no write that waits',
    file: 'src/store/store.ts',
    original: 'closing ??= groups.idle().then(options.close)\n',
    mutant: 'closing ??= options.close()\n',
    killedBy: [[GROUP, 'closing the store commits the writes that wait']],
  },
  {
    guarantee: 'A full disk is reported as a full disk',
    file: 'src/store/sqlite/dialect.ts',
    original: "if (this.#raw.inTransaction) this.#raw.exec('rollback')",
    mutant: "this.#raw.exec('rollback')",
    killedBy: [
      [
        'test/store/sqlite/failing.test.ts',
        'a write on a full disk is rolled back as disk_full, and succeeds once there is room',
      ],
    ],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only in its own vault',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), table, row, field, generation, keyId)\n',
    killedBy: [
      ['test/seal/vectors.test.ts', 'a sealed value has the form that sealed-blob.txt describes'],
    ],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only in its own table',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, row, field, generation, keyId)\n',
    killedBy: [[SEALER, 'a sealed value does not open in another table']],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only in its own row',
    mutant:
      'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, field, generation, keyId)\n',
    killedBy: [[SEALER, 'a sealed value does not open in another row']],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only in its own field',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, generation, keyId)\n',
    killedBy: [[SEALER, 'a sealed value does not open in another field']],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only in its own generation',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, keyId)\n',
    killedBy: [[SEALER, 'a sealed value does not open in another generation (%s)']],
  },
  {
    ...AD,
    guarantee: 'A sealed value opens only with the key that it names',
    mutant: 'lengthPrefixed(Uint8Array.of(BLOB_VERSION), vaultId, table, row, field, generation)\n',
    killedBy: [
      ['test/seal/vectors.test.ts', 'a sealed value has the form that sealed-blob.txt describes'],
    ],
  },
  {
    guarantee: 'Only one key is tried',
    file: 'src/seal/sealer.ts',
    original:
      "  if (key === undefined) throw new SealError('the key of the sealed value is not in the keyring')\n  const ad = associatedData(keyring.vaultId, keyId, place)\n  const plain = decrypt(ciphertext, { nonce, key, ad })\n",
    mutant:
      '  const ad = associatedData(keyring.vaultId, keyId, place)\n  const plain = decrypt(ciphertext, { nonce, key: key ?? keyring.current.key, ad })\n',
    killedBy: [
      [
        'test/seal/vectors.test.ts',
        'a value of sealed-blob.txt opens only with its key and in its place: %s',
      ],
    ],
  },
  {
    guarantee: 'A wrong master key is detected before the first write',
    file: 'src/seal/keyring.ts',
    original: '  if (isRight) return\n',
    mutant: '  return\n',
    killedBy: [
      [KEYRING, 'a keyring refuses another master key'],
      [OPENING, 'another master key leaves %s unchanged'],
    ],
  },
  {
    guarantee: 'A damaged key check is not reported as a wrong master key',
    file: 'src/seal/keyring.ts',
    original: '  throw opensKeys ?',
    mutant: '  throw opensKeys === null ?',
    killedBy: [
      [KEYRING, 'a master-key check that is %s is reported as damage, not as a wrong key'],
    ],
  },
  {
    guarantee: 'The current data key is removed only after a new one is in use',
    file: 'src/vault/upkeep/renew-data-key.ts',
    original: '  if (!keys.some(isInUse)) await renewDataKey(ports)\n',
    mutant: '',
    killedBy: [[DATA_KEY, RETIRED]],
  },
  {
    guarantee: 'The index key is never removed',
    file: 'src/vault/upkeep/renew-data-key.ts',
    original: "  return purpose === 'data' && retiredAt !== null\n",
    mutant: '  return retiredAt !== null\n',
    killedBy: [[DATA_KEY, RETIRED]],
  },
  {
    guarantee: 'Re-sealing continues after a damaged value',
    file: 'src/seal/sealed-blob.ts',
    original:
      '  return blob[0] === BLOB_VERSION ? blob.subarray(1, 1 + KEY_ID_BYTES) : new Uint8Array()\n',
    mutant: '  return parseBlob(blob).keyId\n',
    killedBy: [[DATA_KEY, 'a sealed value that has lost %s does not stop re-sealing']],
  },
]

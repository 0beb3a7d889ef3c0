import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createKeyring } from '../../../src/seal/keyring.ts'
import { WrongKeyError } from '../../../src/seal/wrong-key-error.ts'
import { OpenError } from '../../../src/store/open-error.ts'
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts'
import { applyPragmas, assertDurable } from '../../../src/store/sqlite/pragmas.ts'
import { makeConnection } from '../../support/make-connection.ts'
import { masterKey, openVaultStore } from '../../support/open-vault-store.ts'

let directory = ''
let dataDir = ''
const path = () => join(dataDir, 'larder.db')

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'larder-opening-'))
  dataDir = directory
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('a new vault', () => {
  test('a new vault is persistent, and its files are readable by their owner only', async () => {
    dataDir = join(dataDir, 'made', 'on', 'the', 'way')
    await makeVault()
    expect(statSync(dataDir).mode & 0o777).toBe(0o700)
    expect(readdirSync(dataDir).toSorted()).toEqual(['larder.db', 'larder.lock'])
    for (const file of readdirSync(dataDir)) {
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
    }
    await using vault = await openVaultStore({ dataDir })
    expect(await vault.store.connection(makeConnection().id)).not.toBeNull()
    for (const file of readdirSync(dataDir)) {
      expect(statSync(join(dataDir, file)).mode & 0o777).toBe(0o600)
    }
  })

  test('a new vault replaces a vault whose creation was interrupted', async () => {
    writeFileSync(`${path()}.new`, 'half of something')
    await makeVault()
    expect(existsSync(`${path()}.new`)).toBe(false)
  })

  test('a new vault uses a write-ahead log as soon as larder.db exists', async () => {
    await using database = await openSqlite(dataDir)
    const { records } = await createKeyring(masterKey(), 'vault', 1)
    await database.create(records)
    expect(readdirSync(dataDir).toSorted()).toEqual(['larder.db', 'larder.lock'])
    // The versions to write and to read: 1 is a rollback journal, 2 is a write-ahead log.
    expect([...readFileSync(path()).subarray(18, 20)]).toEqual([2, 2])
  })

  test('creating a vault does not overwrite an existing vault', async () => {
    await makeVault()
    await using database = await openSqlite(dataDir)
    if (database.keys === null) throw new Error('not made')
    await expect(database.create(database.keys)).rejects.toThrow('already')
  })
})

describe('a copy that SQLite made', () => {
  test('a copy of a vault with a rollback journal opens, even if a process was killed while converting it', async () => {
    await makeVault()
    const killed = mkdtempSync(join(directory, 'killed-'))
    const raw = new Database(path())
    raw.pragma('journal_mode = delete')
    raw.pragma('cache_size = 1')
    // More than its cache holds, so uncommitted pages are written to the file.
    raw.exec('begin; update vault set heartbeat_at = 7; create table t (x)')
    raw.exec('insert into t select zeroblob(4000) from sqlite_schema')
    for (const file of ['larder.db', 'larder.db-journal']) {
      copyFileSync(join(dataDir, file), join(killed, file))
    }
    raw.close()
    dataDir = killed
    await using vault = await openVaultStore({ dataDir })
    expect(vault.lastAliveAt).not.toBe(7)
    expect(await vault.store.connection(makeConnection().id)).not.toBeNull()
    expect(readdirSync(dataDir)).not.toContain('larder.db-journal')
  })
})

describe('SQLite pragmas', () => {
  test('the SQLite pragmas are in force after a write and after reopening', () => {
    for (let opening = 0; opening < 3; opening++) {
      const raw = new Database(path())
      applyPragmas(raw)
      raw.exec('create table if not exists t (x); insert into t values (1)')
      assertDurable(raw)
      raw.close()
    }
  })

  test('a database connection without the pragmas is detected as not durable', () => {
    const first = new Database(path())
    applyPragmas(first)
    first.close()
    const raw = new Database(path())
    raw.exec('create table t (x); insert into t values (1)')
    expect(() => assertDurable(raw)).toThrow(OpenError)
    raw.close()
  })

  test('opening the database fails if a pragma has no effect', () => {
    const raw = new Database(':memory:')
    expect(() => applyPragmas(raw)).toThrow('journal_mode is memory')
    raw.close()
  })

  test('a deleted token is overwritten in the database files', async () => {
    const vault = await openVaultStore({ dataDir })
    await vault.store.write((trx) => trx.insertConnection(makeConnection()))
    const blobs = sealedBlobs()
    expect(contents().includes(blobs[0] ?? '')).toBe(true)
    await vault.store.write((trx) => trx.removeConnection(makeConnection().id))
    await vault[Symbol.asyncDispose]()
    for (const blob of blobs) expect(contents().includes(blob)).toBe(false)
  })
})

describe('another master key', () => {
  test.each(['a vault at rest', 'a vault that was killed'])(
    'another master key leaves %s unchanged',
    async (what) => {
      const vault = await openVaultStore({ dataDir })
      await vault.store.write((trx) => trx.insertConnection(makeConnection()))
      if (what === 'a vault that was killed') {
        // The files of a killed process, with the last writes in the log.
        const killed = mkdtempSync(join(tmpdir(), 'larder-killed-'))
        for (const file of ['larder.db', 'larder.db-wal']) {
          copyFileSync(join(dataDir, file), join(killed, file))
        }
        await vault[Symbol.asyncDispose]()
        rmSync(dataDir, { recursive: true })
        dataDir = killed
      } else {
        await vault[Symbol.asyncDispose]()
      }
      const before = hashes()
      await expect(openVaultStore({ dataDir, master: 'another' })).rejects.toThrow(WrongKeyError)
      expect(hashes()).toEqual(before)
      // The right key still opens it.
      await using again = await openVaultStore({ dataDir })
      expect(await again.store.connection(makeConnection().id)).not.toBeNull()
    },
  )
})

describe('a file that is not a vault', () => {
  const cases: readonly (readonly [string, OpenError['reason'], () => void])[] = [
    [
      'is of a newer version',
      'newer_schema',
      () => alter("insert into kysely_migration values ('9999-later', '2030-01-01T00:00:00.000Z')"),
    ],
    ['is another program’s database', 'foreign_file', () => alter('pragma application_id = 7')],
    [
      'is text',
      'foreign_file',
      () => writeFileSync(path(), 'not a database, whatever its name\n'.repeat(9)),
    ],
    ['is empty', 'corrupt', () => truncateSync(path(), 0)],
    ['is zeros', 'corrupt', () => writeFileSync(path(), Buffer.alloc(8192))],
    ['has lost its end', 'corrupt', () => truncateSync(path(), 3 * 4096)],
    ['has lost all but its first page', 'corrupt', () => truncateSync(path(), 4096)],
    ['has lost its keys', 'corrupt', () => alter('delete from vault')],
    ['has lost a table', 'corrupt', () => alter('drop table data_keys')],
    ['has a damaged page', 'corrupt', () => damage('vault')],
    ['has a damaged page far from its keys', 'corrupt', () => damage('revocations')],
    [
      'is gone while its log is there',
      'corrupt',
      () => {
        rmSync(path())
        writeFileSync(`${path()}-wal`, 'frames')
      },
    ],
  ]

  test.each(cases)('a file that %s is rejected and left unchanged', async (_, reason, spoil) => {
    await makeVault()
    spoil()
    const before = hashes()
    const opening = openVaultStore({ dataDir })
    await expect(opening).rejects.toMatchObject({ name: 'OpenError', reason })
    expect(hashes()).toEqual(before)
    // A rejected start releases the lock: the next one is rejected for the same reason.
    await expect(openVaultStore({ dataDir })).rejects.toMatchObject({ reason })
  })

  test('a truncated vault is never taken for an empty one, at any length', async () => {
    await makeVault()
    const whole = readFileSync(path())
    for (let length = 0; length < whole.length; length += 1021) {
      writeFileSync(path(), whole.subarray(0, length))
      await expectWholeOrRefused()
    }
  })
})

describe('two processes on one directory', () => {
  test('a second process cannot open a vault until the first process has ended, even by SIGKILL', async () => {
    const script = new URL('hold-vault.ts', import.meta.url).pathname
    const holder = spawn(process.execPath, [script, dataDir], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      await once(holder.stdout, 'data')
      await expect(openVaultStore({ dataDir })).rejects.toMatchObject({ reason: 'in_use' })
    } finally {
      const gone = once(holder, 'exit')
      holder.kill('SIGKILL')
      await gone
    }
    await using vault = await openVaultStore({ dataDir })
    expect(await vault.store.connection(makeConnection().id)).not.toBeNull()
  })

  test('a vault cannot be opened twice in one process', async () => {
    await using vault = await openVaultStore({ dataDir })
    await expect(openSqlite(dataDir)).rejects.toMatchObject({ reason: 'in_use' })
    await vault.store.probe()
  })
})

/** The cut may have removed only the empty end of the file. */
async function expectWholeOrRefused(): Promise<void> {
  try {
    await using vault = await openVaultStore({ dataDir })
    expect(await vault.store.connection(makeConnection().id)).not.toBeNull()
  } catch (error) {
    expect(error).toBeInstanceOf(OpenError)
  }
}

async function makeVault(): Promise<void> {
  await using vault = await openVaultStore({ dataDir })
  await vault.store.write((trx) => trx.insertConnection(makeConnection()))
}

function alter(sql: string): void {
  const raw = new Database(path())
  raw.exec(sql)
  raw.close()
}

/** Overwrites the root page of a table. */
function damage(table: string): void {
  const raw = new Database(path(), { readonly: true })
  const root = raw.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(table)
  raw.close()
  const file = readFileSync(path())
  file.fill(0xa5, (Number(root) - 1) * 4096, Number(root) * 4096)
  writeFileSync(path(), file)
}

/**
 * Hashes of the vault's files. A reader may leave an empty log and its index; they do not count.
 */
function hashes(): Readonly<Record<string, string>> {
  const files = readdirSync(dataDir).filter(
    (file) =>
      file === 'larder.db' || (file === 'larder.db-wal' && statSync(join(dataDir, file)).size > 0),
  )
  const hashOf = (file: string): string =>
    createHash('sha256')
      .update(readFileSync(join(dataDir, file)))
      .digest('hex')
  return Object.fromEntries(files.map((file) => [file, hashOf(file)]))
}

function sealedBlobs(): readonly string[] {
  const raw = new Database(path(), { readonly: true })
  const row = raw.prepare('select access_token_blob a, refresh_token_blob r from connections').get()
  raw.close()
  return Object.values(row as Record<string, Buffer>).map((blob) => blob.toString('latin1'))
}

function contents(): string {
  return readdirSync(dataDir)
    .map((file) => readFileSync(join(dataDir, file), 'latin1'))
    .join('\n')
}

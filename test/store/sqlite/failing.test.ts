import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { StoreError } from '../../../src/core/base/errors.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Store } from '../../../src/ports/store.ts'
import type { Schema } from '../../../src/store/schema.ts'
import { VaultSqliteDialect } from '../../../src/store/sqlite/dialect.ts'
import { FileChecker, NOT_CHECKED } from '../../../src/store/sqlite/file-checker.ts'
import { applyPragmas } from '../../../src/store/sqlite/pragmas.ts'
import { sortSqliteError } from '../../../src/store/sqlite/sort-error.ts'
import { createStore } from '../../../src/store/store.ts'
import { MADE_AT, makeConnection, makeGrant, makeToken } from '../../support/make-connection.ts'
import { type OpenVault, openVaultStore } from '../../support/open-vault-store.ts'
import { EVERYTHING } from '../damaged-vault.ts'
import { settableClock } from '../databases.ts'
import { ACME } from '../make-link.ts'

const LARGE = makeGrant({ token: makeToken({ secret: new Secret('x'.repeat(200_000)) }) })
const PAGE_BYTES = 4096
const clock = settableClock(MADE_AT)

let dataDir = ''
let vault: OpenVault

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'larder-failing-'))
  clock.slept = 0
  vault = await openVaultStore({ dataDir, clock })
  await vault.store.write((trx) => trx.insertConnection(makeConnection()))
})
afterEach(async () => {
  await vault[Symbol.asyncDispose]()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('a full disk', () => {
  test('a write on a full disk is rolled back as disk_full, and succeeds once there is room', async () => {
    const raw = open()
    applyPragmas(raw)
    raw.pragma(`max_page_count = ${String(raw.pragma('page_count', { simple: true }))}`)
    const reported: string[] = []
    const store = storeOver(raw, reported)
    const before = (await store.connection(makeConnection().id)) as LiveConnection
    const grow = () =>
      store.write(async (trx) => {
        await trx.saveConnection(before, { ...before, label: 'first' })
        await trx.saveConnection(before, { ...before, grant: LARGE })
      })
    await expect(grow()).rejects.toMatchObject({ name: 'StoreError', reason: 'disk_full' })
    expect(raw.inTransaction).toBe(false)
    expect(await store.connection(before.id)).toMatchObject({ label: null })
    raw.pragma('max_page_count = 1000000')
    await grow()
    expect(await store.connection(before.id)).toMatchObject({ label: 'first' })
    expect(reported).toEqual(['disk_full', 'written'])
    await store[Symbol.asyncDispose]()
  })
})

describe('a disk that is full in the middle of a group', () => {
  test.each([
    ['throws', (saving: Promise<void>) => saving],
    ['ignores the error', (saving: Promise<void>) => saving.catch(() => undefined)],
  ])(
    'a write that fills the disk and %s leaves no write of its group reported as done',
    async (_, end) => {
      const raw = open()
      applyPragmas(raw)
      const store = storeOver(raw)
      const before = (await store.connection(makeConnection().id)) as LiveConnection
      const group = () =>
        Promise.allSettled([
          store.write((trx) => trx.saveCircuit(circuit('client-1'))),
          store.write((trx) => end(trx.saveConnection(before, { ...before, grant: LARGE }))),
          store.write((trx) => trx.saveCircuit(circuit('client-3'))),
        ])
      raw.pragma(`max_page_count = ${String(raw.pragma('page_count', { simple: true }))}`)
      const ends = await group()
      expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
      expect(raw.inTransaction).toBe(false)
      expect(await store.circuits()).toEqual([])
      raw.pragma('max_page_count = 1000000')
      expect((await group()).map(({ status }) => status)).toEqual(ends.map(() => 'fulfilled'))
      expect(await store.circuits()).toHaveLength(2)
      await store[Symbol.asyncDispose]()
    },
  )
})

describe('a read-only database', () => {
  test('a read-only database is reported as read_only, and reads still work', async () => {
    const reported: string[] = []
    const store = storeOver(open({ readonly: true }), reported)
    await expect(store.probe()).rejects.toMatchObject({ reason: 'read_only' })
    const writing = store.write((trx) => trx.insertConnection(makeConnection()))
    await expect(writing).rejects.toMatchObject({ reason: 'read_only' })
    expect(await store.connection(makeConnection().id)).not.toBeNull()
    expect(reported).toEqual(['read_only', 'read_only'])
    await store[Symbol.asyncDispose]()
  })
})

describe('a database that another process has locked', () => {
  test('a write waits for a locked database without blocking, then runs', async () => {
    const other = open()
    other.exec('begin immediate')
    let runs = 0
    const writing = vault.store.write(async (trx) => {
      runs++
      return trx.census(0)
    })
    while (clock.slept === 0) await new Promise<void>((resolve) => setImmediate(resolve))
    other.exec('rollback')
    other.close()
    expect((await writing).byStatus).toHaveLength(1)
    expect(runs).toBe(1)
  })

  test('a write fails as locked if the database stays locked too long', async () => {
    const other = open()
    other.exec('begin immediate')
    await expect(vault.store.write(async () => 1)).rejects.toMatchObject({ reason: 'locked' })
    expect(clock.slept).toBeGreaterThan(2_000)
    // Readers do not wait for the lock.
    expect(await vault.store.listConnections(EVERYTHING)).toHaveLength(1)
    other.close()
    await vault.store.probe()
  })
})

describe('a failed commit', () => {
  test('a failed commit leaves no transaction open', async () => {
    const raw = open()
    applyPragmas(raw)
    const db = new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) })
    const failing = db.transaction().execute(async (trx) => {
      await sql`pragma defer_foreign_keys = on`.execute(trx)
      const orphan = { hash: 'h', connection_id: 'con_none', created_at: 1 }
      await trx.insertInto('refresh_token_hashes').values(orphan).execute()
    })
    await expect(failing).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' })
    expect(raw.inTransaction).toBe(false)
    await db
      .transaction()
      .execute((trx) => trx.updateTable('vault').set({ heartbeat_at: 77 }).execute())
    await db.destroy()
    const after = open()
    expect(after.prepare('select heartbeat_at from vault').pluck().get()).toBe(77)
    after.close()
  })

  test('a failed commit fails every write of its group, and stores none', async () => {
    const raw = open()
    applyPragmas(raw)
    const store = storeOver(raw)
    const { id } = makeConnection()
    const relabel = (label: string) =>
      store.write(async (trx) => {
        const before = (await trx.connection(id)) as LiveConnection
        await trx.saveConnection(before, { ...before, label })
      })
    const ends = await Promise.allSettled([
      relabel('first'),
      store.write(async () => {
        raw.pragma('defer_foreign_keys = on')
        raw.exec("insert into refresh_token_hashes values ('h', 'con_none', 1, 1)")
      }),
      relabel('third'),
    ])
    const reason = { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' }
    expect(ends).toMatchObject(ends.map(() => ({ status: 'rejected', reason })))
    expect(await store.connection(id)).toMatchObject({ label: null })
    await relabel('later')
    expect(await store.connection(id)).toMatchObject({ label: 'later' })
    await store[Symbol.asyncDispose]()
  })
})

describe('a damaged page', () => {
  test('a damaged page is reported as corrupt, even after later writes succeed', async () => {
    const raw = open()
    const page = Number(
      raw.prepare("select rootpage from sqlite_schema where name = 'connections'").pluck().get(),
    )
    raw.close()
    await vault[Symbol.asyncDispose]()
    const file = openSync(join(dataDir, 'larder.db'), 'r+')
    writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
    closeSync(file)
    const store = storeOver(open())
    await store.probe()
    const reading = store.listConnections(EVERYTHING)
    await expect(reading).rejects.toMatchObject({ name: 'StoreError', reason: 'corrupt' })
    await expect(store.probe()).rejects.toMatchObject({ reason: 'corrupt' })
    await store.write((trx) => trx.saveCircuit(circuit('client-1')))
    await store[Symbol.asyncDispose]()
  })
})

describe('errors of SQLite', () => {
  test.each([
    ['SQLITE_FULL', 'disk_full'],
    ['SQLITE_IOERR_SHMSIZE', 'disk_full'],
    ['SQLITE_READONLY', 'read_only'],
    ['SQLITE_READONLY_DBMOVED', 'read_only'],
    ['SQLITE_IOERR', 'io_error'],
    ['SQLITE_IOERR_FSYNC', 'io_error'],
    ['SQLITE_CANTOPEN', 'io_error'],
    ['SQLITE_BUSY', 'locked'],
    ['SQLITE_BUSY_SNAPSHOT', 'locked'],
    ['SQLITE_LOCKED_SHAREDCACHE', 'locked'],
    ['SQLITE_CORRUPT', 'corrupt'],
    ['SQLITE_CORRUPT_INDEX', 'corrupt'],
    ['SQLITE_NOTADB', 'corrupt'],
  ])('the SQLite error %s becomes %s', (code, reason) => {
    const sorted = sortSqliteError(new Database.SqliteError('message', code))
    expect(sorted).toMatchObject({ name: 'StoreError', reason })
  })

  test('errors caused by bugs of Larder are not converted to store errors', () => {
    const ours = new Database.SqliteError('UNIQUE constraint failed', 'SQLITE_CONSTRAINT_UNIQUE')
    expect(sortSqliteError(ours)).toBe(ours)
    const other = new Error('something else')
    expect(sortSqliteError(other)).toBe(other)
  })
})

describe('the store', () => {
  test('a store call inside a transaction throws an error instead of waiting forever', async () => {
    const { store } = vault
    const id = makeConnection().id
    await store.connection(id)
    const asks: readonly (() => Promise<unknown>)[] = [
      () => store.connection(id),
      () => store.connectionsOf(makeConnection().userId, makeConnection().provider),
      () => store.liveApiKeys(),
      () => store.probe(),
      () => store.write(async () => 1),
    ]
    for (const ask of asks) {
      await expect(store.write(ask)).rejects.toThrow('use trx')
    }
    // A call that a transaction started but did not await may run after its end.
    let later: Promise<unknown> | undefined
    const over = Promise.withResolvers<void>()
    await store.write(async () => {
      later = over.promise.then(() => store.liveApiKeys())
    })
    over.resolve()
    expect(await later).toEqual([])
  })

  test('closing the store lets a running write finish and rejects later calls', async () => {
    const { store } = vault
    const writing = store.write(async (trx) => {
      for (let i = 0; i < 50; i++)
        await trx.insertConnection(makeConnection({ id: `con_${i}` as never }))
    })
    await vault[Symbol.asyncDispose]()
    await writing
    await expect(store.probe()).rejects.toMatchObject({ reason: 'unreachable' })
    await expect(store.connection('con_1' as never)).rejects.toBeInstanceOf(StoreError)
    vault = await openVaultStore({ dataDir, clock })
    expect((await vault.store.listConnections(EVERYTHING)).length).toBe(51)
  })
})

function open(options: Database.Options = {}): Database.Database {
  return new Database(join(dataDir, 'larder.db'), { timeout: 0, ...options })
}

function circuit(client: string) {
  return { provider: ACME, client, failures: 1, open: null }
}

function storeOver(raw: Database.Database, reported: string[] = []): Store {
  return createStore(new Kysely<Schema>({ dialect: new VaultSqliteDialect(raw) }), {
    sealer: vault.sealer,
    clock,
    random: { bytes: randomBytes },
    sortError: sortSqliteError,
    onFailed: (reason) => void reported.push(reason),
    onWritten: () => void reported.push('written'),
    checker: new FileChecker({ path: join(dataDir, 'larder.db'), clock, last: NOT_CHECKED }),
    logBytes: () => 0,
    emptyLog: async () => {},
    close: async () => void raw.close(),
  })
}

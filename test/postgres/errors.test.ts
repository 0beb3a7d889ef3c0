import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { StoreError } from '../../src/core/base/errors.ts'
import type { ConnectionId } from '../../src/core/base/ids.ts'
import { openPostgres } from '../../src/store/postgres/open-postgres.ts'
import { openPool } from '../../src/store/postgres/pool.ts'
import { sortPostgresError } from '../../src/store/postgres/sort-error.ts'
import { createKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { systemRandom } from '../../src/observe/system-clock.ts'
import { settableClock } from '../store/databases.ts'
import { makeConnection } from '../support/make-connection.ts'
import {
  dropPostgresVault,
  postgresSettings,
  postgresUrlOf,
} from '../support/open-postgres-vault.ts'
import { masterKey, openVaultStore } from '../support/open-vault-store.ts'
import { queryPostgres, startPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

/** Runs statements on a new pool, and returns what the last one fails with. */
async function failureOf(url: string, statements: readonly string[]): Promise<unknown> {
  const pool = openPool(postgresSettings(url))
  try {
    const client = await pool.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      client.release(true)
    }
    return null
  } catch (error) {
    return sortPostgresError(error)
  } finally {
    await pool.end()
  }
}

function update(id: number): string {
  return `update guarded set id = id where id = ${id}`
}

function withRole(role: string): string {
  const url = new URL(inject('postgresUrl'))
  url.username = role
  return url.href
}

describe('errors of a PostgreSQL server', () => {
  beforeAll(() =>
    queryPostgres(
      inject('postgresUrl'),
      'create table guarded (id int primary key)',
      'insert into guarded values (1), (2)',
      'create role stranger login',
    ),
  )
  afterAll(async () => {
    await queryPostgres(inject('postgresUrl'), 'drop table guarded', 'drop role stranger')
  })

  test.each<[string, readonly string[], string]>([
    ['a killed session', ['select pg_terminate_backend(pg_backend_pid())'], 'unreachable'],
    ['a statement timeout', ['set statement_timeout = 50; select pg_sleep(9)'], 'locked'],
    [
      'a read-only session',
      ['set default_transaction_read_only = on', 'insert into guarded values (3)'],
      'read_only',
    ],
    ['a table without permission', ['set role stranger', 'select * from guarded'], 'permission'],
    ['a missing table', ['select * from nothing'], 'corrupt'],
  ])('%s is reported as the right failure', async (_, statements, reason) => {
    const error = await failureOf(inject('postgresUrl'), statements)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toMatchObject({ reason })
  })

  test('a missing database is a failure of permission, and its error does not name the password', async () => {
    const url = new URL(inject('postgresUrl'))
    url.pathname = '/absent'
    const opening = openPostgres(postgresSettings(url.href))
    const error: unknown = await opening.catch((failure: unknown) => failure)
    expect(error).toMatchObject({ name: 'OpenError', reason: 'refused' })
    const { message, stack, cause } = error as Error
    expect(`${message} ${stack} ${JSON.stringify(cause)}`).not.toContain(url.password)
  })

  test('a violated constraint is not a failure of the database', async () => {
    const error = await failureOf(inject('postgresUrl'), ['insert into guarded values (1)'])
    expect(error).toMatchObject({ code: '23505' })
    expect(error).not.toBeInstanceOf(StoreError)
  })

  test('a lock that is held for too long, and a deadlock, are reported as locked', async () => {
    const holder = new pg.Client({ connectionString: inject('postgresUrl') })
    await holder.connect()
    // So that the other one looks for a deadlock first.
    await holder.query(`set deadlock_timeout = '100s'; begin; ${update(1)}`)
    const short = ['begin', "set local lock_timeout = '50ms'", update(1)]
    expect(await failureOf(inject('postgresUrl'), short)).toMatchObject({ reason: 'locked' })
    const victim = failureOf(inject('postgresUrl'), [
      "begin; set local deadlock_timeout = '3s'",
      update(2),
      update(1),
    ])
    const waiting = `select 1 from pg_stat_activity
      where wait_event_type = 'Lock' and query = '${update(1)}'`
    await until('a wait', async () => (await queryPostgres(inject('postgresUrl'), waiting)).length)
    await holder.query(update(2))
    expect(await victim).toMatchObject({ reason: 'locked', cause: { code: '40P01' } })
    await holder.end()
  })
})

test('the tables of a vault are not opened for a user without permission', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-permission-'))
  await (await openVaultStore({ dataDir, database: 'postgres' }))[Symbol.asyncDispose]()
  await queryPostgres(
    postgresUrlOf(dataDir),
    'create role reader login',
    'grant create, usage on schema public to reader',
  )
  const url = new URL(withRole('reader'))
  url.pathname = new URL(postgresUrlOf(dataDir)).pathname
  await expect(openPostgres(postgresSettings(url.href))).rejects.toMatchObject({
    name: 'OpenError',
    reason: 'unsuitable_database',
  })
  await dropPostgresVault(dataDir)
  await queryPostgres(inject('postgresUrl'), 'drop role reader')
  await rm(dataDir, { recursive: true })
})

test('a vault is refused on a server without fsync', async () => {
  await expect(openPostgres(postgresSettings(inject('postgresUrl')))).rejects.toMatchObject({
    message: 'the database does not keep what a vault needs: fsync is off',
  })
})

describe('one process per vault', () => {
  test('a second process is refused until the first one closes', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-hold-'))
    const open = () => openVaultStore({ dataDir, database: 'postgres' })
    const first = await open()
    await expect(open()).rejects.toMatchObject({ reason: 'database_in_use' })
    await first[Symbol.asyncDispose]()
    await (await open())[Symbol.asyncDispose]()
    await dropPostgresVault(dataDir)
    await rm(dataDir, { recursive: true })
  })

  test('a store whose sessions were killed writes again after it has the vault again', async () => {
    await using vault = await openVaultStore({ database: 'postgres' })
    const url = postgresUrlOf(vault.dataDir)
    const others = `from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    await queryPostgres(url, `select pg_terminate_backend(pid) ${others}`)
    const locks = `select 1 from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`
    let n = 0
    // The process hears of the loss a moment after the server has ended the session.
    await until('a write by a process that has the vault', async () => {
      n += 1
      const id = `con_${n}` as ConnectionId
      const isWritten = await vault.store
        .write((trx) => trx.insertConnection(makeConnection({ id })))
        .then(
          () => true,
          () => false,
        )
      return isWritten && (await queryPostgres(url, locks)).length === 1
    })
  })

  test('a store that lost the vault to another process writes nothing', async () => {
    await using vault = await openVaultStore({ database: 'postgres' })
    const url = postgresUrlOf(vault.dataDir)
    const thief = new pg.Client({ connectionString: url })
    await thief.connect()
    const kill = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and database = (select oid from pg_database where datname = current_database())`
    await thief.query(kill)
    await until('the lock', async () => {
      const { rows } = await thief.query("select pg_try_advisory_lock(x'4c415244'::int, 1) as won")
      return (rows as { readonly won: boolean }[])[0]?.won
    })
    const writing = vault.store.write((trx) => trx.insertConnection(makeConnection()))
    await expect(writing).rejects.toMatchObject({ name: 'StoreError', reason: 'unreachable' })
    await thief.end()
    expect(await vault.store.connection(makeConnection().id)).toBeNull()
  })

  test('a store that another process replaced for a while writes nothing, even when it has the lock again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'larder-claim-'))
    const open = () => openVaultStore({ dataDir, database: 'postgres' })
    const first = await open()
    await queryPostgres(
      postgresUrlOf(dataDir),
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`,
    )
    const second = await until('the lock', () => open().catch(() => null))
    await second[Symbol.asyncDispose]()
    for (let tries = 0; tries < 2; tries++) {
      const writing = first.store.write((trx) => trx.insertConnection(makeConnection()))
      await expect(writing).rejects.toMatchObject({ name: 'StoreError', reason: 'unreachable' })
    }
    await first[Symbol.asyncDispose]()
    // It leaves the vault to the next process.
    await (await open())[Symbol.asyncDispose]()
    await dropPostgresVault(dataDir)
    await rm(dataDir, { recursive: true, force: true })
  })
})

test('a refused user, password or database is reported as that, and no error names the password', async () => {
  await using server = await startPostgres({ fsync: true, checksPassword: true })
  const open = (change: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>) => {
    const url = Object.assign(new URL(server.url), change)
    return openPostgres(postgresSettings(url.href))
  }
  await (await open({}))[Symbol.asyncDispose]()
  const changes = [
    { password: 'canary' },
    { password: '' },
    { username: 'absent', password: 'canary' },
    { pathname: '/absent' },
  ]
  for (const change of changes) {
    const error: unknown = await open(change).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ name: 'OpenError', reason: 'refused' })
    expect((error as Error).message).not.toMatch(/canary|a-password/)
  }
})

test('reads and writes fail as unreachable while the server is down, and succeed afterwards', async () => {
  await using server = await startPostgres({ fsync: true })
  const database = await openPostgres(postgresSettings(server.url))
  const { records, keyring } = await createKeyring(masterKey(), randomUUID(), 1)
  await database.create(records)
  const store = await database.openStore({
    sealer: createSealer(keyring),
    clock: settableClock(1),
    random: systemRandom,
  })
  const { id } = makeConnection()
  const write = () => store.write((trx) => trx.insertConnection(makeConnection()))
  const down = { name: 'StoreError', reason: 'unreachable' }
  for (const end of [server.stop, server.kill9]) {
    await end()
    await expect(store.connection(id)).rejects.toMatchObject(down)
    await expect(write()).rejects.toMatchObject(down)
    await expect(openPostgres(postgresSettings(server.url))).rejects.toMatchObject({
      name: 'OpenError',
      reason: 'unreachable',
    })
    await server.start()
    expect(await store.connection(id)).toBeNull()
  }
  await write()
  expect(await store.connection(id)).not.toBeNull()
  await store[Symbol.asyncDispose]()
  keyring[Symbol.dispose]()
})

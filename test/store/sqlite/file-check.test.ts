import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FileCheckResult } from '../../../src/ports/file-check.ts'
import { checkDatabaseWhenDue } from '../../../src/vault/upkeep/check-database.ts'
import { MADE_AT } from '../../support/make-connection.ts'
import { checkingProcess, enlarge, enlargeFurther } from '../../support/large-vault.ts'
import { type OpenVault, openVaultStore } from '../../support/open-vault-store.ts'
import { alterOnPage, EVERYTHING, FULL, idOf, stocked } from '../damaged-vault.ts'
import { settableClock, sqlite } from '../databases.ts'

const PAGE_BYTES = 4096
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOT_CHECKED = { result: null, endedAt: null }
const clock = settableClock(MADE_AT)

let directory = ''
let dataDir = ''
const path = () => join(dataDir, 'larder.db')
const open = () => openVaultStore({ dataDir, clock })

beforeEach(async () => {
  clock.time = MADE_AT
  directory = await mkdtemp(join(tmpdir(), 'larder-check-'))
  dataDir = join(directory, 'data')
  await mkdir(dataDir)
  await using vault = await stocked(sqlite, { dataDir, clock })
  await vault[Symbol.asyncDispose]()
  enlarge(dataDir)
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** Runs the job once. Returns what it reported, or null if no check ended. */
async function check({ store }: OpenVault, ending = new AbortController().signal) {
  let reported: FileCheckResult | null = null
  const observer = {
    databaseChecked: (e: { result: FileCheckResult }) => void (reported = e.result),
  }
  await checkDatabaseWhenDue({ store, clock, observer } as never, ending)
  return reported as FileCheckResult | null
}

async function checkedAndClosed(): Promise<void> {
  await using vault = await open()
  expect(await check(vault)).toBe('passed')
}

/** Copies the files of an open vault, as a crash would leave them. */
async function crash(): Promise<void> {
  const left = join(directory, 'left')
  await cp(dataDir, left, { recursive: true })
  dataDir = left
}

describe('when a large vault is checked', () => {
  test('a vault that a clean end left is checked a day after its last check', async () => {
    await checkedAndClosed()
    clock.time += 20 * HOUR_MS
    await using vault = await open()
    expect(vault.store.lastCheck).toEqual({ result: 'passed', endedAt: MADE_AT })
    expect(await check(vault)).toBeNull()
    clock.time += 4 * HOUR_MS
    expect(await check(vault)).toBe('passed')
    expect(vault.store.lastCheck).toEqual({ result: 'passed', endedAt: clock.time })
    expect(await check(vault)).toBeNull()
  })

  test('a vault is checked at once if its last process did not end cleanly', async () => {
    await checkedAndClosed()
    await using killed = await open()
    await killed.store.probe()
    await crash()
    await using vault = await open()
    expect(vault.store.lastCheck).toEqual(NOT_CHECKED)
    expect(await check(vault)).toBe('passed')
  })

  test('a vault is checked at once if another program wrote to its file', async () => {
    await checkedAndClosed()
    const raw = new Database(path())
    raw.exec('update vault set heartbeat_at = 1')
    raw.close()
    await using vault = await open()
    expect(vault.store.lastCheck).toEqual(NOT_CHECKED)
  })

  test('a vault is checked at once if its file is a copy', async () => {
    await checkedAndClosed()
    await crash()
    await using vault = await open()
    expect(vault.store.lastCheck).toEqual(NOT_CHECKED)
  })

  test('a vault is checked again after the clock was set back', async () => {
    await using vault = await open()
    await check(vault)
    clock.time -= HOUR_MS
    expect(await check(vault)).toBe('passed')
  })

  test('a daily check finds damage that came while the vault was open', async () => {
    await using vault = await open()
    expect(await check(vault)).toBe('passed')
    await vault.store.emptyLog()
    alterOnPage(path(), 'connections', idOf(1), idOf(3))
    clock.time += DAY_MS
    expect(await check(vault)).toBe('damaged')
  })
})

describe('a large vault with a damaged table', () => {
  test('a large vault with a damaged table opens and serves tokens; after its check, it refuses writes as corrupt, and so does the next start', async () => {
    alterOnPage(path(), 'connections', idOf(1), idOf(3))
    const vault = await open()
    await vault.store.probe()
    expect(await check(vault)).toBe('damaged')
    expect(await check(vault)).toBeNull()
    expect(await vault.store.connection(FULL.id)).toMatchObject({ label: 'Work' })
    const write = vault.store.write((trx) => trx.removeConnection(FULL.id))
    await expect(write).rejects.toMatchObject({ name: 'StoreError', reason: 'corrupt' })
    await expect(vault.store.probe()).rejects.toMatchObject({ reason: 'corrupt' })
    await expect(vault.store.sharedProbe()).rejects.toMatchObject({ reason: 'corrupt' })
    await vault[Symbol.asyncDispose]()
    const left = await readFile(path())
    await expect(open()).rejects.toMatchObject({ name: 'OpenError', reason: 'corrupt' })
    expect((await readFile(path())).equals(left)).toBe(true)
  })

  test.each(['api_keys', 'data_keys'])(
    'a large vault is refused before the first write if its table %s is damaged',
    async (table) => {
      const raw = new Database(path())
      const columns = raw.prepare('select name from pragma_table_info(?)').pluck().all(table)
      const key = columns.map((name) => (name === 'id' ? "'twin'" : `1`)).join(', ')
      raw.exec(`insert into ${table} values (${key}), (${key.replace('twin', 'twim')})`)
      raw.close()
      alterOnPage(path(), table, 'twim', 'twin')
      const before = await readFile(path())
      await expect(open()).rejects.toMatchObject({ name: 'OpenError', reason: 'corrupt' })
      expect((await readFile(path())).equals(before)).toBe(true)
    },
  )

  test('the start after a read found damage checks the whole file before its first write', async () => {
    const raw = new Database(path())
    const page = raw
      .prepare("select rootpage from sqlite_schema where name = 'connections'")
      .pluck()
      .get()
    raw.close()
    const file = await readFile(path())
    file.fill(0xa5, (Number(page) - 1) * PAGE_BYTES, Number(page) * PAGE_BYTES)
    await writeFile(path(), file)
    const vault = await open()
    const reading = vault.store.listConnections(EVERYTHING)
    await expect(reading).rejects.toMatchObject({ reason: 'corrupt' })
    await vault[Symbol.asyncDispose]()
    await expect(open()).rejects.toMatchObject({ name: 'OpenError', reason: 'corrupt' })
  })
})

describe('a large vault with a damaged index', () => {
  test('a check rebuilds a damaged index, and a hidden connection is found again', async () => {
    alterOnPage(path(), 'sqlite_autoindex_connections_1', FULL.id)
    await using vault = await open()
    expect(await vault.store.connection(FULL.id)).toBeNull()
    expect(await check(vault)).toBe('indexes_rebuilt')
    expect(await vault.store.connection(FULL.id)).toMatchObject({ label: 'Work' })
    await vault.store.probe()
    await vault[Symbol.asyncDispose]()
    await using again = await open()
    expect(again.store.lastCheck.result).toBe('passed')
  })

  test('a stop during the rebuild leaves the rebuild to the next start', async () => {
    alterOnPage(path(), 'sqlite_autoindex_connections_1', FULL.id)
    const vault = await open()
    const lock = new Database(path())
    lock.exec('begin immediate')
    const ending = new AbortController()
    const checking = check(vault, ending.signal)
    await checkingProcess(process.pid, dataDir, 'rebuild')
    ending.abort()
    expect(await checking).toBeNull()
    lock.close()
    await vault[Symbol.asyncDispose]()
    await using next = await open()
    expect(next.indexesFit).toBe(false)
    expect(await next.store.connection(FULL.id)).toMatchObject({ label: 'Work' })
  })

  test('while an index is rebuilt, reads succeed and writes fail as locked', async () => {
    alterOnPage(path(), 'sqlite_autoindex_connections_1', FULL.id)
    await using vault = await open()
    const lock = new Database(path())
    lock.exec('begin immediate')
    const checking = check(vault)
    const pid = await checkingProcess(process.pid, dataDir, 'rebuild')
    process.kill(pid, 'SIGSTOP')
    lock.close()
    await expect(vault.store.probe()).rejects.toMatchObject({ reason: 'locked' })
    expect(await vault.store.connection(idOf(3))).not.toBeNull()
    process.kill(pid, 'SIGCONT')
    expect(await checking).toBe('indexes_rebuilt')
    await vault.store.probe()
  })

  test('a table with two rows of one id is damaged, so no index is rebuilt', async () => {
    alterOnPage(path(), 'connections', idOf(1), idOf(3))
    await using vault = await open()
    expect(await check(vault)).toBe('damaged')
    expect((await vault.store.connection(idOf(3)))?.id).toBe(idOf(3))
  })
})

describe('a check that does not end', () => {
  beforeEach(() => enlargeFurther(dataDir))

  test('a check whose process was killed is reported as failed, and is repeated after an hour and at the next start', async () => {
    const vault = await open()
    const checking = check(vault)
    process.kill(await checkingProcess(process.pid, dataDir), 'SIGKILL')
    expect(await checking).toBe('failed')
    expect(vault.store.lastCheck).toEqual({ result: 'failed', endedAt: MADE_AT })
    await vault.store.probe()
    expect(await check(vault)).toBeNull()
    await vault[Symbol.asyncDispose]()
    await using next = await open()
    expect(next.store.lastCheck).toEqual(NOT_CHECKED)
    const again = check(next)
    process.kill(await checkingProcess(process.pid, dataDir), 'SIGKILL')
    expect(await again).toBe('failed')
    clock.time += HOUR_MS
    expect(await check(next)).toBe('passed')
  })

  test('a stop ends the process of a running check', async () => {
    await using vault = await open()
    const ending = new AbortController()
    const checking = check(vault, ending.signal)
    const pid = await checkingProcess(process.pid, dataDir)
    process.kill(pid, 'SIGSTOP')
    ending.abort()
    expect(await checking).toBeNull()
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    expect(vault.store.lastCheck).toEqual(NOT_CHECKED)
  })
})

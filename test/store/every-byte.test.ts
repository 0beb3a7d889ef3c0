import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openVaultStore } from '../support/open-vault-store.ts'
import { sqlite as database } from './databases.ts'
import {
  clearColumnsOf,
  fillVault,
  middleOf,
  put,
  SEALED_COLUMNS,
  type SealedColumn,
  secretsIn,
  type Shown,
  show,
  valueAt,
  wordsIn,
} from './full-vault.ts'

/** Caches nothing, so that each read looks at the row. */
const UNCACHED = { cacheBytes: 1 }

/** The values between the master key and everything else. */
const KEY_COLUMNS = ['vault.key_check', 'data_keys.wrapped']

test('this test file flips the bytes of every blob column in the schema', async () => {
  await using vault = await database.open()
  const columns = await database.behind(vault, async (db) => {
    const { rows } = await sql<{ readonly name: string }>`
      select t.name || '.' || c.name as name
      from sqlite_schema t, pragma_table_info(t.name) c
      where t.type = 'table' and lower(c.type) = 'blob'`.execute(db)
    return rows.map(({ name }) => name)
  })
  const flipped = [...SEALED_COLUMNS.map(({ name }) => name), ...KEY_COLUMNS]
  expect(columns.toSorted()).toEqual(flipped.toSorted())
})

describe('a flipped bit in a sealed column', () => {
  test.each(SEALED_COLUMNS)(
    'a flipped bit in any byte of $name makes only that value unreadable, and other rows are served',
    async (column) => {
      await using vault = await database.open(UNCACHED)
      await fillVault(vault.store)
      const whole = await show(vault.store)
      const spoilt = spoiltBy(column)
      for (const word of spoilt) {
        expect([...whole.values()].some((text) => wordsIn(text).includes(word))).toBe(true)
      }
      await database.behind(vault, async (db) => {
        const { rowid, blob } = await middleOf(db, column)
        for (let place = 0; place < blob.length; place++) {
          await put(db, { ...column, rowid }, withBitFlipped(blob, place))
          const seen = await show(vault.store)
          expectOthersServed(seen, whole, `byte ${place}`)
          const shown = [...seen.values()].flatMap(wordsIn)
          expect(shown.filter((word) => spoilt.includes(word))).toEqual([])
        }
        await put(db, { ...column, rowid }, blob)
      })
      expect(await show(vault.store)).toEqual(whole)
    },
    // Reads the whole vault some hundred times.
    60_000,
  )
})

const ODD_VALUES = [null, '', 'x', 0, -1, 2 ** 52, 1.5, Buffer.from([1])]

describe('odd values in clear columns', () => {
  const tables = SEALED_COLUMNS.filter(({ table }, at) => SEALED_COLUMNS[at - 1]?.table !== table)
  test.each(tables)(
    'odd values in any unsealed column of $table do not affect other rows',
    async (column) => {
      await using vault = await database.open(UNCACHED)
      await fillVault(vault.store)
      const whole = await show(vault.store)
      const { table } = column
      let tried = 0
      await database.behind(vault, async (db) => {
        const { rowid } = await middleOf(db, column)
        for (const clear of await clearColumnsOf(db, table)) {
          const at = { table, column: clear, rowid }
          const was = await valueAt(db, at)
          for (const value of ODD_VALUES) {
            if (!(await put(db, at, value))) continue
            tried++
            expectOthersServed(await show(vault.store), whole, `${clear} = ${String(value)}`)
          }
          await put(db, at, was)
        }
      })
      expect(tried).toBeGreaterThan(10)
      expect(await show(vault.store)).toEqual(whole)
    },
  )
})

describe('a flipped bit in a stored key', () => {
  test.each([
    ['vault', 'key_check', '', 'the check of the master key is damaged'],
    ['data_keys', 'wrapped', "where purpose = 'index'", 'the index key does not open'],
    ['data_keys', 'wrapped', "where purpose = 'data'", 'no data key opens'],
  ])(
    'a flipped bit in %s.%s %s is reported at the start, and nothing is written',
    async (table, column, where, message) => {
      const dataDir = mkdtempSync(join(tmpdir(), 'larder-key-'))
      onTestFinished(() => rmSync(dataDir, { recursive: true }))
      await (await openVaultStore({ dataDir }))[Symbol.asyncDispose]()
      const path = join(dataDir, 'larder.db')
      const whole = inFile(path, (db) =>
        db.prepare(`select ${column} from ${table} ${where}`).pluck().get(),
      ) as Buffer
      for (let place = 0; place < whole.length; place++) {
        inFile(path, (db) =>
          db
            .prepare(`update ${table} set ${column} = ? ${where}`)
            .run(withBitFlipped(whole, place)),
        )
        const before = readFileSync(path)
        const opening = openVaultStore({ dataDir })
        await expect(opening, `byte ${place}`).rejects.toMatchObject({ name: 'SealError', message })
        expect(readFileSync(path).equals(before)).toBe(true)
      }
    },
  )
})

/** The values that damage to a sealed column hides. A damaged row seal hides the whole row. */
function spoiltBy({ table, column, name }: SealedColumn): readonly string[] {
  if (column !== 'row_blob') return [`${name} of b`]
  const values = SEALED_COLUMNS.filter((one) => one.table === table && one.column !== 'row_blob')
  // The middle connection has OAuth tokens, not credentials.
  return values.filter((one) => one.column !== 'credentials_blob').map((one) => `${one.name} of b`)
}

/** Rows of b are damaged: they may show only their own values, and other rows are unchanged. */
function expectOthersServed(seen: Shown, whole: Shown, damage: string): void {
  const others = [...whole].filter(([, text]) => !isOfB(text))
  const secrets = new Set([...whole.values()].filter(isOfB).flatMap(secretsIn))
  expect(new Map(others.map(([at]) => [at, seen.get(at)])), damage).toEqual(new Map(others))
  for (const [at, text] of seen) {
    if (others.some(([other]) => other === at)) continue
    const foreign = wordsIn(text).filter((word) => !word.endsWith(' of b'))
    const wrong = secretsIn(text).filter((secret) => !secrets.has(secret))
    expect([...foreign, ...wrong], damage).toEqual([])
  }
}

const isOfB = (text: string): boolean => / of b\b/.test(text)

function inFile<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path)
  try {
    return work(db)
  } finally {
    db.close()
  }
}

function withBitFlipped(bytes: Uint8Array, place: number): Buffer {
  const flipped = Buffer.from(bytes)
  flipped[place] = (flipped[place] ?? 0) ^ (1 << (place % 8))
  return flipped
}

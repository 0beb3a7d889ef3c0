import { readFileSync } from 'node:fs'
import { type Kysely, sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/ports/store.ts'
import { type Binding, BINDINGS } from '../../src/store/bindings.ts'
import { SEALED } from '../../src/store/queries/re-seal.ts'
import type { Schema } from '../../src/store/schema.ts'
import { sqlite as database } from './databases.ts'
import {
  fillVault,
  providerOf,
  put,
  secretsIn,
  type Shown,
  show,
  userOf,
  valueAt,
  wordsIn,
} from './full-vault.ts'
import { reveal } from './reveal.ts'

/*
 * An attacker who can write the database but has no key: each column of each row is overwritten
 * with values of other rows, with odd values, and with earlier values.
 */

/** Caches nothing, so that each read looks at the row. */
const UNCACHED = { cacheBytes: 1 }

type Column = {
  readonly name: string
  readonly table: keyof typeof SEALED
  readonly column: string
  readonly binding: Binding
}

const COLUMNS: readonly Column[] = Object.keys(SEALED).flatMap((table) =>
  Object.entries(BINDINGS[table as keyof typeof SEALED]).map(([column, binding]) => ({
    name: `${table}.${column}`,
    table: table as keyof typeof SEALED,
    column,
    binding,
  })),
)

const ODD_VALUES = [null, 'x', 1, 2 ** 45, Buffer.alloc(80, 7)]

test('every column has a declared protection, and docs/database-writer.md names each unprotected column', async () => {
  await using vault = await database.open()
  const columns = await database.behind(vault, async (db) => {
    const { rows } = await sql<{ readonly table: string; readonly column: string }>`
      select t.name as "table", c.name as "column"
      from sqlite_schema t, pragma_table_info(t.name) c
      where t.type = 'table' and t.name not like 'kysely%' and t.name not like 'sqlite%'`.execute(
      db,
    )
    return rows.map((row) => `${row.table}.${row.column}`)
  })
  const decided = Object.entries(BINDINGS).flatMap(([table, bindings]) =>
    Object.keys(bindings).map((column) => `${table}.${column}`),
  )
  expect(decided.toSorted()).toEqual(columns.toSorted())
  const document = readFileSync('docs/database-writer.md', 'utf8')
  for (const [table, bindings] of Object.entries(BINDINGS)) {
    for (const [column, binding] of Object.entries(bindings)) {
      if (binding !== 'free') continue
      expect(document, `${table}.${column}`).toMatch(
        new RegExp(`^\\| \`${table}\` \\| .*\`${column}\``, 'm'),
      )
    }
  }
})

test('a table without sealed values has only unprotected columns', () => {
  for (const [table, bindings] of Object.entries(BINDINGS)) {
    if (table in SEALED || table === 'vault' || table === 'data_keys') continue
    expect(new Set(Object.values(bindings)), table).toEqual(new Set(['free']))
  }
})

describe('an attacker who can write the database but has no key', () => {
  test.each(COLUMNS)('changing $name moves no secret to another row', async (column) => {
    await using vault = await database.open(UNCACHED)
    await fillVault(vault.store)
    const whole = await show(vault.store)
    const seenBefore = await seen(vault.store)
    expect(misplaced(seenBefore)).toEqual([])
    let tried = 0
    await database.behind(vault, async (db) => {
      await sql`pragma foreign_keys = off`.execute(db)
      const rows = await rowsOf(db, column)
      const all = await Promise.all(rows.map((rowid) => valueAt(db, { ...column, rowid })))
      for (const [at, rowid] of rows.entries()) {
        for (const value of [...all, ...ODD_VALUES]) {
          if (same(value, all[at]) || !(await put(db, { ...column, rowid }, value))) continue
          tried++
          const about = `row ${at} = ${String(value)}`
          await expectClosed(vault.store, { column, whole, about })
        }
        await put(db, { ...column, rowid }, all[at])
      }
      tried += await swapped(vault.store, db, { column, whole, rows, all })
    })
    expect(tried).toBeGreaterThan(2)
    expect(await show(vault.store)).toEqual(whole)
  })

  test('a column put back to an earlier value opens only if the whole row is put back', async () => {
    await using vault = await database.open(UNCACHED)
    const { store } = vault
    await fillVault(store)
    const [first] = await store.connectionsOf(userOf('b'), null)
    if (first === undefined) throw new Error('no connection')
    const older = await database.behind(vault, (db) => connectionRow(db, first.id))
    const account = { id: 'newer', email: null, name: null }
    const edited = { ...first, account, params: { tenant: 'newer' } }
    await store.write((trx) => trx.saveConnection(first, edited))
    const newer = await database.behind(vault, (db) => connectionRow(db, first.id))
    const changed = Object.keys(older).filter((name) => !same(older[name], newer[name]))
    expect(changed).toEqual(expect.arrayContaining(['profile_blob', 'settings_blob', 'row_blob']))
    for (const column of changed) {
      await database.behind(vault, (db) => set(db, first.id, { ...newer, [column]: older[column] }))
      const text = JSON.stringify(await store.connection(first.id))
      expect(wordsIn(text), column).toEqual([])
    }
    await database.behind(vault, (db) => set(db, first.id, older))
    expect(await store.connection(first.id)).toMatchObject({ account: first.account })
  })

  test('a row without its seal is unreadable and reported', async () => {
    await using vault = await database.open(UNCACHED)
    await fillVault(vault.store)
    const [first] = await vault.store.connectionsOf(userOf('b'), null)
    await database.behind(vault, (db) =>
      db.updateTable('connections').set({ row_blob: null }).execute(),
    )
    const stripped = await vault.store.connection(first?.id as never)
    expect(stripped).toMatchObject({
      status: 'disconnected',
      failure: { reason: 'unreadable' },
      grant: { token: null, refreshToken: null },
    })
    expect(vault.unreadable).toContainEqual({ id: first?.id, table: 'connections', field: 'row' })
  })

  test('an altered row stays unreadable after writes, until a new grant replaces its grant', async () => {
    await using vault = await database.open(UNCACHED)
    const { store } = vault
    await fillVault(store)
    const [first] = await store.connectionsOf(userOf('b'), null)
    if (first === undefined) throw new Error('no connection')
    await database.behind(vault, (db) => set(db, first.id, { status: 'failing', scope: '["all"]' }))
    const altered = await store.connection(first.id)
    if (altered === null || altered.status === 'pending') throw new Error('no grant')
    const labelled = { ...altered, label: 'new', dueAt: 5 }
    await store.write((trx) => trx.saveConnection(altered, labelled))
    expect(await store.connection(first.id)).toMatchObject({ failure: { reason: 'unreadable' } })
    const grant = { ...(first as typeof altered).grant, id: 'grt_new' as never, generation: 0 }
    const renewed = { ...labelled, status: 'active', failure: null, grant } as const
    await store.write((trx) => trx.saveConnection(altered, renewed))
    expect(await store.connection(first.id)).toMatchObject({ status: 'active', label: 'new' })
  })
})

/** Puts each row's value into the next row, because unique columns can only be swapped. */
async function swapped(
  store: Store,
  db: Kysely<Schema>,
  to: {
    readonly column: Column
    readonly whole: Shown
    readonly rows: readonly number[]
    readonly all: readonly unknown[]
  },
): Promise<number> {
  const { column, whole, rows, all } = to
  const spare = typeof all[0] === 'number' ? (at: number) => -1 - at : (at: number) => `spare ${at}`
  for (const [at, rowid] of rows.entries()) {
    if (!(await put(db, { ...column, rowid }, spare(at)))) return 0
  }
  for (const [at, rowid] of rows.entries()) {
    await put(db, { ...column, rowid }, all[(at + 1) % all.length])
  }
  await expectClosed(store, { column, whole, about: 'swapped' })
  for (const [at, rowid] of rows.entries()) await put(db, { ...column, rowid }, spare(at))
  for (const [at, rowid] of rows.entries()) await put(db, { ...column, rowid }, all[at])
  return rows.length
}

/** An altered row shows none of its secrets, unless the column is unprotected. */
async function expectClosed(
  store: Store,
  {
    column,
    whole,
    about,
  }: { readonly column: Column; readonly whole: Shown; readonly about: string },
): Promise<void> {
  expect(misplaced(await seen(store)), about).toEqual([])
  for (const [at, text] of await show(store)) {
    const before = whole.get(at)
    if (text === before) continue
    const held = [...wordsIn(text), ...secretsIn(text)]
    const old = before === undefined ? [] : [...wordsIn(before), ...secretsIn(before)]
    // A replaced sealed value hides only itself; an altered bound column hides the whole row.
    const mayHold = column.binding === 'free' || column.column.endsWith('_blob') ? old : []
    expect(
      held.filter((one) => !mayHold.includes(one)),
      `${about} at ${at}`,
    ).toEqual([])
  }
}

/** The text that each reader gets, and `who` says which rows it may contain. */
type Seen = readonly { readonly who: (row: string) => boolean; readonly text: string }[]

const ROWS = ['a', 'b', 'c'] as const

async function seen(store: Store): Promise<Seen> {
  const found: { who: (row: string) => boolean; text: string }[] = []
  for (const row of ROWS) {
    const reach = { providers: null, userIdPrefix: userOf(row) }
    const who = (of: string): boolean => of === row
    const listed = await store.connectionsOf(userOf(row), null)
    const events = await store.events({ after: 0, limit: 100, reach })
    const link = await store.linkBySecretHash(`hash of ${row}`)
    found.push({ who, text: JSON.stringify([reveal(listed), events, link]) })
  }
  for (const provider of [providerOf('a'), providerOf('c')]) {
    const reach = { providers: [provider], userIdPrefix: null }
    const who = (of: string): boolean => providerOf(of) === provider
    const events = await store.events({ after: 0, limit: 100, reach })
    const due = await store.dueRevocations(2 ** 46, 100)
    const told = reveal(due.filter((one) => one.provider === provider))
    found.push({ who, text: JSON.stringify([events, told]) })
  }
  return found
}

/** Secrets that a reader got from rows that are not its own. */
function misplaced(all: Seen): readonly string[] {
  return all.flatMap(({ who, text }) => wordsIn(text).filter((word) => !who(word.slice(-1))))
}

async function rowsOf(db: Kysely<Schema>, { table }: Column): Promise<readonly number[]> {
  const { rows } = await sql<{ readonly rowid: number }>`
    select rowid from ${sql.table(table)} order by rowid`.execute(db)
  return rows.map(({ rowid }) => rowid)
}

async function connectionRow(
  db: Kysely<Schema>,
  id: string,
): Promise<Readonly<Record<string, unknown>>> {
  const row = db
    .selectFrom('connections')
    .selectAll()
    .where('id', '=', id as never)
  return row.executeTakeFirstOrThrow()
}

async function set(db: Kysely<Schema>, id: string, values: object): Promise<void> {
  await db
    .updateTable('connections')
    .set(values)
    .where('id', '=', id as never)
    .execute()
}

function same(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  return a === b
}

import { type Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { Secret } from '../../src/core/base/secret.ts'
import type { Sealer } from '../../src/ports/ports.ts'
import { BINDINGS } from '../../src/store/bindings.ts'
import { SEALED_ROWS, SEALED_VALUES, type SealedTable } from '../../src/store/rows/bound-columns.ts'
import type { Schema } from '../../src/store/schema.ts'
import { sqlite as database } from './databases.ts'
import { fillVault, show, userOf, wordsIn } from './full-vault.ts'

/** Caches nothing, so that each read looks at the row. */
const UNCACHED = { cacheBytes: 1 }

const TABLES = Object.keys(SEALED_ROWS) as readonly SealedTable[]

test('a row seal contains a tag for every sealed column of its table', () => {
  for (const table of TABLES) {
    const bound = Object.entries(BINDINGS[table]).filter(([, binding]) => binding === 'row')
    const sealed = bound.map(([column]) => column).filter((column) => column.endsWith('_blob'))
    expect(SEALED_VALUES[table].toSorted(), table).toEqual(sealed.toSorted())
  }
})

test('rows with seals of an older version open, and a write replaces the seal', async () => {
  await using vault = await database.open(UNCACHED)
  const { store } = vault
  await fillVault(store)
  const whole = await show(store)
  await database.behind(vault, (db) => sealAsBefore(db, vault.sealer))
  expect(await show(store)).toEqual(whole)
  expect(vault.unreadable).toEqual([])
  const [first] = await store.connectionsOf(userOf('b'), null)
  if (first === undefined) throw new Error('no connection')
  const older = await sealBytes(vault, first.id)
  await store.write((trx) => trx.saveConnection(first, { ...first, label: 'new' }))
  expect(await sealBytes(vault, first.id)).toBeLessThan(older / 2)
  const read = await store.connection(first.id)
  expect(read).toMatchObject({ label: 'new', status: first.status })
  expect(vault.unreadable).toEqual([])
})

test.each([
  ['a changed column', { requested_scope: '["all"]' }],
  ['the seal of another row', {}],
])('a row with a seal of an older version and %s is unreadable', async (_, changed) => {
  await using vault = await database.open(UNCACHED)
  const { store } = vault
  await fillVault(store)
  const [first] = await store.connectionsOf(userOf('b'), null)
  const [other] = await store.connectionsOf(userOf('c'), null)
  if (first === undefined || other === undefined) throw new Error('no connections')
  await database.behind(vault, async (db) => {
    await sealAsBefore(db, vault.sealer)
    const sealOf = db.selectFrom('connections').select('row_blob').where('id', '=', other.id)
    const foreign = await sealOf.executeTakeFirstOrThrow()
    const columns = Object.keys(changed).length > 0 ? changed : foreign
    await db.updateTable('connections').set(columns).where('id', '=', first.id).execute()
  })
  const read = await store.connection(first.id)
  expect(read).toMatchObject({ failure: { reason: 'unreadable' } })
  expect(wordsIn(JSON.stringify(read))).toEqual([])
  expect(vault.unreadable).toContainEqual({ id: first.id, table: 'connections', field: 'row' })
})

/** Gives every row the seal that versions before migration 0012 wrote. */
async function sealAsBefore(db: Kysely<Schema>, sealer: Sealer): Promise<void> {
  for (const table of TABLES) {
    const { rows } = await sql<Readonly<Record<string, unknown>>>`
      select * from ${sql.table(table)}`.execute(db)
    for (const row of rows) {
      const id = String(row[SEALED_ROWS[table]])
      const place = { table, row: id, field: 'row', generation: 0 }
      const blob = sealer.seal(new Secret(JSON.stringify(recordOf(table, row))), place)
      await sql`update ${sql.table(table)} set row_blob = ${blob}
        where ${sql.ref(SEALED_ROWS[table])} = ${id}`.execute(db)
    }
  }
}

function recordOf(table: SealedTable, row: Readonly<Record<string, unknown>>): object {
  const bound = Object.entries(BINDINGS[table]).filter(([, binding]) => binding === 'row')
  const values = bound.map(([column]) => [column, recorded(row[column])] as const)
  return Object.fromEntries(values.filter(([, value]) => value !== null))
}

function recorded(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.slice(-16)).toString('base64') : value
}

async function sealBytes(vault: Parameters<typeof database.behind>[0], id: string) {
  const { rows } = await database.behind(vault, (db) =>
    sql<{ readonly bytes: number }>`
      select length(row_blob) as bytes from connections where id = ${id}`.execute(db),
  )
  return rows[0]?.bytes ?? 0
}

import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { isLive, type LiveConnection } from '../../src/core/connection/connection.ts'
import type { Schema } from '../../src/store/schema.ts'
import type { OpenVault } from '../support/open-vault-store.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { EVERYTHING, FULL, idOf, stocked } from './damaged-vault.ts'
import { sqlite as database } from './databases.ts'
import { openOrNull } from '../../src/core/base/secret.ts'
import { reveal } from './reveal.ts'

/** Caches nothing, so that each read looks at the row. */
const UNCACHED = { cacheBytes: 1 }

const COLUMNS = [
  'access_token_blob',
  'refresh_token_blob',
  'profile_blob',
  'settings_blob',
  'client_secret_blob',
] as const

type Column = (typeof COLUMNS)[number]

describe('ciphertexts that were moved', () => {
  const pairs = COLUMNS.flatMap((from) =>
    COLUMNS.filter((to) => to !== from).map((to) => [from, to] as const),
  )

  test.each(pairs)('a ciphertext moved from %s to %s does not open', async (from, to) => {
    await using vault = await stocked(database, UNCACHED)
    const { others } = await look(vault)
    await database.behind(vault, async (db) => put(db, { [to]: await blobOf(db, from) }))
    const seen = await look(vault)
    expect(shownOf(seen.row, to)).toBeNull()
    expect(seen.others).toEqual(others)
  })

  test('a ciphertext of an older generation does not open if it is put back into its row', async () => {
    await using vault = await stocked(database, UNCACHED)
    const older = await database.behind(vault, (db) => rowOf(db))
    const before = (await vault.store.connection(FULL.id)) as LiveConnection
    const grant = makeGrant({
      generation: before.grant.generation + 1,
      token: makeToken({ secret: new Secret('access-2') }),
      refreshToken: new Secret('refresh-2'),
    })
    await vault.store.write((trx) => trx.saveConnection(before, { ...before, grant }))
    const { access_token_blob, refresh_token_blob } = older
    await database.behind(vault, (db) => put(db, { access_token_blob, refresh_token_blob }))
    const seen = await look(vault)
    expect(shownOf(seen.row, 'access_token_blob')).toBeNull()
    expect(shownOf(seen.row, 'refresh_token_blob')).toBeNull()
  })

  test('a ciphertext moved to another vault with the same master key does not open', async () => {
    await using vault = await stocked(database, UNCACHED)
    await using other = await stocked(database, UNCACHED)
    const row = await database.behind(vault, (db) => rowOf(db))
    const blobs = Object.fromEntries(COLUMNS.map((column) => [column, row[column]]))
    await database.behind(other, (db) => put(db, blobs))
    const seen = await look(other)
    for (const column of COLUMNS) expect(shownOf(seen.row, column)).toBeNull()
  })
})

test('a ciphertext that names an unknown key does not open, although another key exists', async () => {
  await using vault = await stocked(database, UNCACHED)
  const { others } = await look(vault)
  const [one, two] = await Promise.all([keyNameOf(vault), keyNameOf(vault)])
  expect(one.equals(two)).toBe(true)
  for (const column of COLUMNS) {
    const blob = Buffer.from(await database.behind(vault, (db) => blobOf(db, column)))
    const at = blob.indexOf(one)
    expect(at).toBeGreaterThanOrEqual(0)
    Buffer.alloc(one.length, 0xee).copy(blob, at)
    await database.behind(vault, (db) => put(db, { [column]: blob }))
  }
  const seen = await look(vault)
  for (const column of COLUMNS) expect(shownOf(seen.row, column)).toBeNull()
  expect(seen.others).toEqual(others)
})

/** The id of the data key, as it stands in each blob. */
async function keyNameOf(vault: OpenVault): Promise<Buffer> {
  const id = await database.behind(vault, (db) =>
    db.selectFrom('data_keys').select('id').where('purpose', '=', 'data').executeTakeFirstOrThrow(),
  )
  return Buffer.from(id.id, 'hex')
}

type Look = { readonly row: LiveConnection; readonly others: unknown }

async function look(vault: OpenVault): Promise<Look> {
  const row = await vault.store.connection(FULL.id)
  if (row === null || !isLive(row)) throw new Error('the row is gone')
  const listed = await vault.store.listConnections(EVERYTHING)
  expect(listed).toHaveLength(3)
  const others = await Promise.all([idOf(1), idOf(3)].map((id) => vault.store.connection(id)))
  return { row, others: others.map(reveal) }
}

/** The plaintext that this column adds to the row; null if nothing of it is served. */
function shownOf(row: LiveConnection, column: Column): unknown {
  switch (column) {
    case 'access_token_blob':
      return row.grant.token
    case 'refresh_token_blob':
      return openOrNull(row.grant.refreshToken)
    case 'profile_blob':
      return row.account.id ?? row.account.email ?? row.account.name ?? row.label
    case 'settings_blob':
      return row.params['tenant'] ?? row.client?.id ?? null
    case 'client_secret_blob':
      return openOrNull(row.client?.secret ?? null)
    default:
      return column satisfies never
  }
}

function rowOf(db: Kysely<Schema>) {
  const rows = db.selectFrom('connections').selectAll().where('id', '=', FULL.id)
  return rows.executeTakeFirstOrThrow()
}

async function blobOf(db: Kysely<Schema>, column: Column): Promise<Uint8Array> {
  return (await rowOf(db))[column] ?? new Uint8Array()
}

async function put(db: Kysely<Schema>, values: object): Promise<void> {
  await db.updateTable('connections').set(values).where('id', '=', FULL.id).execute()
}

test('the row that these tests damage has a value in every sealed column', async () => {
  await using vault = await stocked(database, UNCACHED)
  const { row } = await look(vault)
  for (const column of COLUMNS) expect(shownOf(row, column)).not.toBeNull()
  expect(makeConnection().account.id).toBe(row.account.id)
})

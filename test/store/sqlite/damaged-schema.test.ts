import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { migrations } from '../../../migrations/index.ts'
import { VaultSqliteDialect } from '../../../src/store/sqlite/dialect.ts'
import { shapeOf, SHAPES } from '../../../src/store/sqlite/expected-schema.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'
import { alterOnPage, withBitFlipped } from '../damaged-vault.ts'
import { fillVault, show } from '../full-vault.ts'

let dataDir = ''
const path = () => join(dataDir, 'larder.db')

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'larder-schema-'))
  onTestFinished(() => rmSync(dataDir, { recursive: true }))
  await using vault = await openVaultStore({ dataDir })
  await fillVault(vault.store)
})

describe('an index that does not match its table', () => {
  test.each([
    ['connections', 'sqlite_autoindex_connections_1', 'con_'],
    ['api_keys', 'sqlite_autoindex_api_keys_1', 'key_b'],
    ['flows', 'sqlite_autoindex_flows_2', 'state of b'],
    ['connect_links', 'connect_links_user_id', 'user-a'],
  ])(
    'a damaged index of %s (%s) is rebuilt at the start, and no row is missing',
    async (_, index, entry) => {
      const whole = await reading()
      alterOnPage(path(), index, entry)
      await using vault = await openVaultStore({ dataDir })
      expect(vault.indexesFit).toBe(false)
      expect(await show(vault.store)).toEqual(whole)
      await vault[Symbol.asyncDispose]()
      await using again = await openVaultStore({ dataDir })
      expect(again.indexesFit).toBe(true)
    },
  )

  test('a vault is rejected and left unchanged if a row has the id of another row', async () => {
    alterOnPage(path(), 'api_keys', 'key_b', 'key_c')
    const before = readFileSync(path())
    const opening = openVaultStore({ dataDir })
    await expect(opening).rejects.toMatchObject({ name: 'OpenError', reason: 'corrupt' })
    expect(readFileSync(path()).equals(before)).toBe(true)
  })
})

describe('the tables of a vault', () => {
  test('each migration produces the recorded schema', async () => {
    const raw = new Database(':memory:')
    const db = new Kysely<unknown>({ dialect: new VaultSqliteDialect(raw) })
    const provider = { getMigrations: async () => migrations }
    const shapes: Record<string, string> = {}
    for (const step of Object.keys(migrations)) {
      await new Migrator({ db, provider }).migrateTo(step)
      shapes[step] = shapeOf(raw)
    }
    await db.destroy()
    expect(shapes).toEqual(SHAPES)
  })

  test.each(['failure_detail', 'body_blob', 'attempts', 'replay_until'])(
    'a vault whose column %s has a flipped bit in its name is rejected and left unchanged',
    async (column) => {
      alterInSchema(column)
      const before = readFileSync(path())
      const opening = openVaultStore({ dataDir })
      await expect(opening).rejects.toMatchObject({ name: 'OpenError', reason: 'corrupt' })
      expect(readFileSync(path()).equals(before)).toBe(true)
    },
  )

  test('a vault opens with additional tables of other programs', async () => {
    const whole = await reading()
    const raw = new Database(path())
    raw.exec('create table _litestream_seq (id integer primary key, seq integer)')
    raw.close()
    expect(await reading()).toEqual(whole)
  })
})

async function reading() {
  await using vault = await openVaultStore({ dataDir })
  return await show(vault.store)
}

function alterInSchema(column: string): void {
  const raw = new Database(path())
  raw.unsafeMode().pragma('writable_schema = on')
  raw
    .prepare('update sqlite_schema set sql = replace(sql, ?, ?)')
    .run(`"${column}"`, `"${withBitFlipped(column)}"`)
  raw.close()
}

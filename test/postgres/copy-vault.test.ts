import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { ConnectionId, UserId } from '../../src/core/base/ids.ts'
import { openKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { type Counts, TABLES } from '../../src/store/move/copy-vault.ts'
import { moveVault } from '../../src/store/move/move-vault.ts'
import { openEmptySqlite, openSqlite } from '../../src/store/sqlite/open-sqlite.ts'
import type { VaultDatabase } from '../../src/store/vault-database.ts'
import { fillVault } from '../store/full-vault.ts'
import { makeConnection } from '../support/make-connection.ts'
import { dropPostgresVault, openPostgresVault } from '../support/open-postgres-vault.ts'
import { masterKey, openVaultStore } from '../support/open-vault-store.ts'

/** More than two pages. */
const CONNECTIONS = 1_100

test('every table is copied whole and in order, there and back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-move-'))
  onTestFinished(async () => {
    await dropPostgresVault(dataDir)
    await rm(dataDir, { recursive: true, force: true })
  })
  await fill(dataDir)
  const file = join(dataDir, 'larder.db')
  const before = rowsOf(file)
  const there = await moved(dataDir, await openSqlite(dataDir), await openPostgresVault(dataDir))
  expect(there.connections).toBeGreaterThan(CONNECTIONS)
  // Every table has rows, so that none is copied without being compared.
  expect(TABLES.filter((table) => there[table] === 0)).toEqual([])
  const back = await moved(
    dataDir,
    await openPostgresVault(dataDir),
    await openEmptySqlite(dataDir),
  )
  expect(back).toEqual(there)
  expect(rowsOf(file)).toEqual(before)
}, 60_000)

async function fill(dataDir: string): Promise<void> {
  {
    await using vault = await openVaultStore({ dataDir, database: 'sqlite' })
    await fillVault(vault.store)
    await vault.store.write(async (trx) => {
      for (let n = 0; n < CONNECTIONS; n++) {
        const [id, userId] = [`con_many_${n}` as ConnectionId, `user-${n}` as UserId]
        await trx.insertConnection(makeConnection({ id, userId }))
      }
    })
  }
  const raw = new Database(join(dataDir, 'larder.db'))
  for (let n = 0; n < CONNECTIONS; n++) {
    // In another order than that of the hashes.
    const hash = `hash-${(n * 7) % CONNECTIONS}`
    insert(raw, 'refresh_token_hashes', { hash, connection_id: `con_many_${n}` })
    insert(raw, 'circuits', { provider: `provider-${n % 3}`, client: `client-${n}` })
    insert(raw, 'webhooks', { id: `webhook-${n}` })
    insert(raw, 'webhook_holds', { webhook_id: `webhook-${n % 3}`, subject: `subject-${n}` })
  }
  raw.close()
}

/** Inserts a row with a value in every column. */
function insert(raw: Database.Database, table: string, given: Readonly<Record<string, string>>) {
  const columns = raw
    .prepare<[string], { name: string; type: string }>('select * from pragma_table_info(?)')
    .all(table)
  const values = columns.map(({ name, type }) => given[name] ?? (type === 'text' ? name : 1))
  const marks = columns.map(() => '?').join()
  raw.prepare(`insert into "${table}" values (${marks})`).run(values)
}

async function moved(
  dataDir: string,
  source: VaultDatabase,
  target: VaultDatabase,
): Promise<Counts> {
  await using opened = new AsyncDisposableStack()
  opened.use(target)
  opened.use(source)
  if (source.keys === null) throw new Error('no vault')
  using keyring = await openKeyring(masterKey(), source.keys)
  return await moveVault({ source, target, sealer: createSealer(keyring), dataDir })
}

function rowsOf(file: string): Readonly<Record<string, readonly unknown[]>> {
  const raw = new Database(file, { readonly: true })
  try {
    const all = TABLES.map((table) => [
      table,
      raw
        .prepare(
          `select * from "${table}" order by ${table === 'refresh_token_hashes' ? 'rowid' : '1, 2'}`,
        )
        .all(),
    ])
    return Object.fromEntries(all)
  } finally {
    raw.close()
  }
}

import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { makeConnection } from '../../support/make-connection.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'

const WRITES = 800

test('the write-ahead log grows during a long read, and stops growing afterwards', async () => {
  await using vault = await openVaultStore()
  const { store, dataDir } = vault
  const connection = makeConnection()
  await store.write((trx) => trx.insertConnection(connection))
  const write = async () => {
    for (let n = 0; n < WRITES; n++) {
      const before = await store.connection(connection.id)
      if (before === null) throw new Error('gone')
      await store.write((trx) => trx.saveConnection(before, { ...before, metadata: { n } }))
    }
  }
  const size = () => {
    const { size: bytes } = statSync(join(dataDir, 'larder.db-wal'))
    expect(store.logBytes()).toBe(bytes)
    return bytes
  }
  await write()
  const usual = size()
  const reader = new Database(join(dataDir, 'larder.db'), { readonly: true })
  reader.exec('begin')
  reader.prepare('select count(*) from connections').get()
  await write()
  const held = size()
  expect(held).toBeGreaterThan(usual)
  reader.exec('commit')
  reader.close()
  await write()
  expect(size()).toBeLessThan(held + 65_536)
}, 60_000)

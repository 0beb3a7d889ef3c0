import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { systemClock } from '../../src/observe/system-clock.ts'
import { renewDataKey } from '../../src/vault/upkeep/renew-data-key.ts'
import { type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import type { SpawnedLarder } from '../support/larder-process.ts'
import { alterOnPage } from '../store/damaged-vault.ts'
import { openVaultStore } from '../support/open-vault-store.ts'

test.each([
  ['data_keys', 'wrapped', "purpose = 'index'", 'the index key does not open'],
  ['data_keys', 'wrapped', "purpose = 'data'", 'no data key opens'],
  ['vault', 'key_check', 'id = 1', 'the check of the master key is damaged'],
])(
  'a start exits 74 and names the damage, without a crash report, if %s.%s is damaged (%s)',
  async (table, column, row, detail) => {
    await using stage = await openCrashStage({ provider: {} })
    await endInOrder(await stage.start())
    // An extra byte, then the bit of a record that marks bytes as text.
    for (const damage of [`${column} || x'00'`, `cast(${column} as text)`]) {
      change(stage, `update ${table} set ${column} = ${damage} where ${row}`)
      const refused = await stage.spawn()
      expect(await refused.ended).toBe(74)
      const output = await refused.output()
      expect(output).toContain(`the database is damaged; it was left as it is: ${detail}`)
      expect(output).not.toContain('process.crashed')
    }
  },
)

test('a start logs a data key that does not open and serves the tokens sealed with other keys', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const first = await stage.start()
  const [older] = await stage.adopt(1)
  await endInOrder(first)
  {
    await using vault = await openVaultStore({ dataDir: stage.at.dataDir })
    await renewDataKey({ ...vault, clock: systemClock })
  }
  // The next start would seal the older token with the new key, so damage the key first.
  change(stage, "update data_keys set wrapped = wrapped || x'00' where retired_at is not null")
  const second = await stage.start()
  const [newer] = await stage.adopt(1)
  const read = (id: string | undefined) => stage.api.get(`/v1/connections/${id}/token`)
  expect((await read(newer?.id)).status).toBe(200)
  expect((await read(older?.id)).status).toBe(409)
  expect(await second.output()).toMatch(/"event":"seal.unreadable","id":"\w+","table":"data_keys"/)
})

test('a start rebuilds and logs a damaged index that hides a connection', async () => {
  await using stage = await openCrashStage({ provider: {} })
  const first = await stage.start()
  const adopted = await stage.adopt(3)
  await endInOrder(first)
  const path = join(stage.at.dataDir, 'larder.db')
  alterOnPage(path, 'sqlite_autoindex_connections_1', adopted[1]?.id ?? '')
  const second = await stage.start()
  for (const { id } of adopted) {
    expect((await stage.api.get(`/v1/connections/${id}/token`)).status).toBe(200)
  }
  expect(await second.output()).toContain('"event":"store.indexes_remade"')
})

async function endInOrder(larder: SpawnedLarder): Promise<void> {
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
}

function change(stage: CrashStage, statement: string): void {
  const raw = new Database(join(stage.at.dataDir, 'larder.db'))
  raw.exec(statement)
  raw.close()
}

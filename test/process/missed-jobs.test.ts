import Database from 'better-sqlite3'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashStage } from '../crash/crash-stage.ts'
import { openVaultStore } from '../support/open-vault-store.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'
import { until } from '../support/until.ts'

const DAY = 24 * 3_600_000

test('a start renews a data key once if its renewal came due while the process was down', async () => {
  await using stage = await openCrashStage({ provider: { profile: 'plain' } })
  const { dataDir } = stage.at
  const then = new ShiftedClock()
  then.shift(-91 * DAY)
  await using made = await openVaultStore({ dataDir, clock: then })
  await made.store[Symbol.asyncDispose]()

  const larder = await stage.start()
  await until('a new data key', () => dataKeysMade(dataDir, Date.now() - DAY).length === 1)
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
  await stage.start()
  await until('a sweep', async () => {
    const { body } = await stage.api.get('/healthz')
    const { jobs } = (
      body as { scheduler: { jobs: { name: string; lastEndedAt: string | null }[] } }
    ).scheduler
    return jobs.every(({ lastEndedAt }) => lastEndedAt !== null)
  })
  expect(dataKeysMade(dataDir, Date.now() - DAY)).toHaveLength(1)
}, 60_000)

function dataKeysMade(dataDir: string, since: number): readonly unknown[] {
  const raw = new Database(join(dataDir, 'larder.db'), { readonly: true })
  try {
    const query = `select id from data_keys where purpose = 'data' and created_at > ?`
    return raw.prepare(query).all(since)
  } finally {
    raw.close()
  }
}

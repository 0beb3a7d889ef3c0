import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { type Adopted, type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import { alterOnPage } from '../store/damaged-vault.ts'
import { checkingProcess, enlarge } from '../support/large-vault.ts'
import { until } from '../support/until.ts'

/** A vault at rest, too large for a check before the first write. */
async function stageWithLargeVault() {
  const stage = await openCrashStage({ provider: { accessTokenSeconds: 3_600 } })
  const first = await stage.start()
  const adopted = await stage.adopt(3)
  first.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  enlarge(stage.at.dataDir)
  const [one, two, three] = adopted as readonly [Adopted, Adopted, Adopted]
  return { stage, one, two, three, path: join(stage.at.dataDir, 'larder.db') }
}

/** Gives two rows of a table the same key. */
function makeTwins(path: string): void {
  const raw = new Database(path, { readonly: true })
  const hashes = raw.prepare('select hash from refresh_token_hashes').pluck().all() as string[]
  raw.close()
  const [one = '', two = ''] = hashes
  alterOnPage(path, 'refresh_token_hashes', one, two)
}

const checkOf = async (stage: CrashStage) =>
  ((await stage.api.get('/healthz')).body as { database: { check: { result: string | null } } })
    .database.check.result

test('after SIGKILL, a large vault is ready at once and then checked; log, /healthz and /metrics report that it is whole', async () => {
  const { stage, one } = await stageWithLargeVault()
  await using _ = stage
  await stage.kill(await stage.start())
  const larder = await stage.start()
  await until('the end of the check', async () => (await checkOf(stage)) === 'passed')
  const lines = (await larder.output()).split('"event":"process.started"').at(-1) ?? ''
  expect(lines).toMatch(/"event":"store.checked","tookMs":\d+/)
  expect((await stage.api.get('/metrics')).text).toMatch(
    /larder_database_checks_total\{outcome="passed"\} 1\n/,
  )
  expect((await stage.api.post(`/v1/connections/${one.id}/refresh`)).status).toBe(200)
})

test('a large vault with a damaged table is ready, then refuses refreshes as corrupt and serves tokens; the next start exits 74', async () => {
  const { stage, three, path } = await stageWithLargeVault()
  await using _ = stage
  makeTwins(path)
  const larder = await stage.start()
  await until('the end of the check', async () => (await checkOf(stage)) === 'damaged')
  expect(await stage.api.get('/readyz')).toMatchObject({
    status: 503,
    body: { ready: false, reason: 'corrupt' },
  })
  expect(await stage.api.post(`/v1/connections/${three.id}/refresh`)).toMatchObject({
    status: 503,
    body: { code: 'storage_unavailable', reason: 'corrupt' },
  })
  expect(await stage.provider.requestCount()).toBe(0)
  expect((await stage.api.get(`/v1/connections/${three.id}/token`)).status).toBe(200)
  expect(await larder.output()).toContain('"event":"store.damaged"')
  await stage.kill(larder)
  const refused = await stage.spawn()
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toContain('the database is damaged; it was left as it is')
})

test('a stop during the check of a large vault does not wait for the check', async () => {
  const { stage } = await stageWithLargeVault()
  await using _ = stage
  const larder = await stage.start()
  process.kill(await checkingProcess(larder.pid, stage.at.dataDir), 'SIGSTOP')
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
})

test('SIGKILL ends the process that rebuilds an index, too, and the next start rebuilds the index', async () => {
  const { stage, two, path } = await stageWithLargeVault()
  await using _ = stage
  alterOnPage(path, 'sqlite_autoindex_connections_1', two.id)
  const larder = await stage.start()
  const lock = new Database(path)
  lock.exec('begin immediate')
  const pid = await checkingProcess(larder.pid, stage.at.dataDir, 'rebuild')
  await stage.kill(larder)
  await until('the end of the rebuild', () => !existsSync(`/proc/${pid}`))
  lock.close()
  const next = await stage.start()
  expect(await next.output()).toContain('"event":"store.indexes_remade"')
  expect((await stage.api.get(`/v1/connections/${two.id}/token`)).status).toBe(200)
})

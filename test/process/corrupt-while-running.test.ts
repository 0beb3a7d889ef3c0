import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { newId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { type Adopted, type CrashStage, openCrashStage } from '../crash/crash-stage.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { openVaultStore } from '../support/open-vault-store.ts'

const PAGE_BYTES = 4096
/** A start reads connections by id. These come last and push the others out of SQLite's cache. */
const LATER = Date.UTC(2090, 0)

test('if database pages are damaged at runtime, only the connections stored on them fail, with reason corrupt, and /readyz returns 503', async () => {
  await using stage = await openCrashStage({ provider: { accessTokenSeconds: 3_600 } })
  const first = await stage.start()
  const adopted = await stage.adopt(40)
  const read = ({ id }: Adopted) => stage.api.get(`/v1/connections/${id}/token`)
  const refresh = ({ id }: Adopted) => stage.api.post(`/v1/connections/${id}/refresh`)
  // A refreshed row is longer than an imported one. If a row grows out of its page, SQLite also
  // reads and writes the pages beside it, which this test damages.
  for (const one of adopted) expect((await refresh(one)).status).toBe(200)
  const requestsBefore = await stage.provider.requestCount()
  first.kill('SIGTERM')
  expect(await first.ended).toBe(0)
  await outgrowCache(stage)
  const second = await stage.start()
  const [cached, intact, ...others] = onePageFirst(stage, adopted)
  if (cached === undefined || intact === undefined) throw new Error('no page has two connections')
  expect((await read(cached)).status).toBe(200)
  const lost = spoilLeaves(stage, { but: cached, among: others })
  expect(lost.length).toBeGreaterThan(10)
  expect((await stage.api.get('/readyz')).status).toBe(200)

  for (const one of lost) {
    expect(await read(one)).toMatchObject({ status: 503, body: { reason: 'corrupt' } })
    expect(await refresh(one)).toMatchObject({ status: 503, body: { reason: 'corrupt' } })
  }
  expect(await stage.provider.requestCount()).toBe(requestsBefore)
  expect(await stage.api.get('/readyz')).toMatchObject({
    status: 503,
    body: { ready: false, reason: 'corrupt' },
  })
  expect((await stage.api.get('/healthz')).body).toMatchObject({
    database: { ok: false, reason: 'corrupt' },
  })
  for (const one of [cached, intact]) {
    expect((await read(one)).status).toBe(200)
    expect((await refresh(one)).status).toBe(200)
  }
  await stage.kill(second)
  const refused = await stage.spawn()
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toContain('the database is damaged; it was left as it is')
}, 60_000)

/** SQLite keeps the 16 MB that it read last in memory. */
async function outgrowCache({ at }: CrashStage): Promise<void> {
  const token = makeToken({ secret: new Secret('x'.repeat(3_000)) })
  await using vault = await openVaultStore({ dataDir: at.dataDir })
  await vault.store.write(async (trx) => {
    for (let n = 0; n < 6_000; n++) {
      const id = newId('con', LATER + n, new Uint8Array(10))
      const grant = makeGrant({ token, refreshToken: null })
      await trx.insertConnection(makeConnection({ id, dueAt: null, grant }))
    }
  })
}

const pathOf = ({ at }: CrashStage): string => join(at.dataDir, 'larder.db')

/** Puts the connections that share a page with the first one at the front. */
function onePageFirst(stage: CrashStage, adopted: readonly Adopted[]): readonly Adopted[] {
  const page = leavesOf(stage).find(({ content }) => content.includes(adopted[0]?.id ?? ''))
  const isThere = ({ id }: Adopted) => page?.content.includes(id) === true
  return [...adopted.filter(isThere), ...adopted.filter((one) => !isThere(one))]
}

/** Overwrites all leaf pages of the table but one. Returns the connections whose rows were on them. */
function spoilLeaves(
  stage: CrashStage,
  { but, among }: { readonly but: Adopted; readonly among: readonly Adopted[] },
): readonly Adopted[] {
  const spoilt = leavesOf(stage).filter(({ content }) => !content.includes(but.id))
  const file = openSync(pathOf(stage), 'r+')
  for (const { number } of spoilt) {
    writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (number - 1) * PAGE_BYTES)
  }
  closeSync(file)
  return among.filter(({ id }) => spoilt.some(({ content }) => content.includes(id)))
}

function leavesOf(stage: CrashStage) {
  const raw = new Database(pathOf(stage), { readonly: true })
  const leaves = "select pageno from dbstat where name = 'connections' and pagetype = 'leaf'"
  const numbers = raw.prepare(leaves).pluck().all() as readonly number[]
  raw.close()
  const file = readFileSync(pathOf(stage))
  return numbers.map((number) => ({
    number,
    content: file.subarray((number - 1) * PAGE_BYTES, number * PAGE_BYTES),
  }))
}

import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { percentile } from '../scripted-provider/checker/load.ts'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { notRun } from './not-run.ts'
import { canTrace, failSyscalls } from './strace.ts'

type Running = CrashStage & { readonly pid: number; readonly one: Adopted }

async function openStage(): Promise<Running> {
  const stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 600 },
    environment: { LARDER_LOG_LEVEL: 'warn' },
  })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  const { pid } = await stage.start()
  const [one] = await stage.adopt(1)
  if (one === undefined) throw new Error('no connection was imported')
  return { ...stage, pid, one }
}

const refresh = ({ api, one }: Running) => api.post(`/v1/connections/${one.id}/refresh`)
const readToken = ({ api, one }: Running) => api.get(`/v1/connections/${one.id}/token`)
const requestsOf = ({ provider, one }: Running) =>
  provider.requests({ family: one.family, endpoint: 'token' })

async function expectHealthy(stage: Running, rotations: number): Promise<void> {
  // Until the journal is empty, a refresh returns the rotation in it, without a request.
  await until('it to refresh', async () => {
    expect((await refresh(stage)).status).toBe(200)
    return (await requestsOf(stage)).length === rotations
  })
  // A successful write overrides the result of the last probe.
  expect((await stage.api.get('/readyz')).status).toBe(200)
  expect((await stage.provider.family(stage.one.family)).revoked).toBeNull()
}

test.for([
  ['EIO', 'io_error'],
  ['ENOSPC', 'disk_full'],
  // The kernel made the disk read-only. SQLite reports it like any other I/O error.
  ['EROFS', 'io_error'],
] as const)(
  'if every database write fails with %s, Larder reports the reason, sends no refresh token and serves tokens',
  async ([error, reason], context) => {
    if (!canTrace()) notRun(context, 'strace cannot trace here')
    const stage = await openStage()
    {
      const every = { n: 1, error, syscall: 'pwrite64,fsync' } as const
      await using failing = await failSyscalls(stage.pid, every)
      expect(await refresh(stage)).toMatchObject({ status: 503, body: { reason } })
      expect((await stage.api.get('/readyz')).body).toMatchObject({ ready: false, reason })
      expect((await readToken(stage)).status).toBe(200)
      expect(await requestsOf(stage)).toEqual([])
      expect((await failing.calls()).every((call) => call.includes('INJECTED'))).toBe(true)
    }
    await expectHealthy(stage, 1)
  },
)

test('a rotation is neither lost nor served while every fsync fails', async (context) => {
  if (!canTrace()) notRun(context, 'strace cannot trace here')
  const stage = await openStage()
  await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const before = (await readToken(stage)).text
  const refreshing = refresh(stage)
  await stage.provider.until({ count: 1, phase: 'processed', family: stage.one.family })
  {
    // Neither the database nor the journal can reach stable storage.
    await using failing = await failSyscalls(stage.pid, { ...EIO, syscall: 'fsync' })
    await stage.provider.behave()
    // The first call may be a probe's. Larder syncs the journal after the commit has failed.
    await until('the commit to fail, and the journal', async () => {
      return (await failing.calls()).some((call) => call.includes('larder.journal'))
    })
    expect((await failing.calls()).length).toBeGreaterThan(1)
    expect((await stage.api.get('/readyz')).status).toBe(503)
    expect(JSON.parse((await readToken(stage)).text).tokenId).toBe(JSON.parse(before).tokenId)
    expect((await failing.calls()).length).toBeGreaterThan(1)
  }
  expect((await refreshing).status).toBe(200)
  await expectHealthy(stage, 2)
})

const EIO = { n: 1, error: 'EIO' } as const

const HELD_MS = 10_000

test('if another process locks the database for ten seconds, reads stay fast and the rotation is stored afterwards', async () => {
  const stage = await openStage()
  await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const refreshing = refresh(stage)
  await stage.provider.until({ count: 1, phase: 'processed', family: stage.one.family })
  const other = new Database(join(stage.at.dataDir, 'larder.db'))
  other.exec('begin exclusive')
  const releaseAt = performance.now() + HELD_MS
  await stage.provider.behave()
  expect((await refreshing).status).toBe(200)
  expect((await stage.api.get('/readyz')).body).toMatchObject({ reason: 'locked' })
  const lateness: number[] = []
  while (performance.now() < releaseAt) {
    const asked = performance.now()
    expect((await readToken(stage)).status).toBe(200)
    lateness.push(performance.now() - asked)
  }
  other.exec('rollback')
  other.close()
  // The driver blocks while it waits for the lock, 100 ms at a time.
  expect(percentile(lateness, 0.99)).toBeLessThan(300)
  await expectHealthy(stage, 2)
})

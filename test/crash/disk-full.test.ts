import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openCrashStage } from './crash-stage.ts'
import {
  diskFullBeforeAnswer,
  holdsCurrentTokens,
  readiness,
  readToken,
  refresh,
  keepDiskFull,
  storeEvents,
} from './disk-full.ts'
import { notRun } from './not-run.ts'
import { canMount, mountSmallDisk } from './small-disk.ts'
import { until } from '../support/until.ts'
import { integrityOf } from './vault-files.ts'
import { violationsAfter } from './violations-after.ts'

const FULL = { status: 503, ready: false, reason: 'disk_full' }

test('on a full disk Larder serves tokens, sends no refresh token and reports disk_full, and recovers once there is room', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  await using stage = await diskFullBeforeAnswer()
  const { provider, other, rotated, disk } = stage
  expect(await readiness(stage)).toMatchObject(FULL)
  const refused = await refresh(stage, other)
  expect(refused).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } })
  expect(refused.body).toMatchObject({ reason: 'disk_full' })
  expect(await provider.requests({ family: other.family })).toEqual([])
  expect((await readToken(stage, other)).status).toBe(200)
  expect((await readToken(stage, rotated)).status).toBe(200)
  const refusedAgain = await refresh(stage, other)
  expect(refusedAgain.status).toBe(503)
  expect(await storeEvents(stage)).toEqual(['store.failed disk_full'])
  disk.free()
  await until('it to be ready', async () => (await readiness(stage)).ready)
  expect((await refresh(stage, other)).status).toBe(200)
  expect(await storeEvents(stage)).toEqual(['store.failed disk_full', 'store.recovered disk_full'])
})

test('a rotation survives an hour on a full disk, with several kills and restarts', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  expect(await keepDiskFull(60)).toMatchObject({
    readsServed: '6 of 6',
    saidWhy: 'disk_full',
    requestsMeanwhile: 0,
    integrity: 'ok',
    survived: true,
    violations: [],
  })
}, 60_000)

test('on SIGTERM with a full disk Larder exits 0, and the next start has the rotation', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  await using stage = await diskFullBeforeAnswer()
  stage.larder.kill('SIGTERM')
  expect(await stage.larder.ended).toBe(0)
  stage.disk.free()
  const next = await stage.start()
  expect((await refresh(stage, stage.rotated)).status).toBe(200)
  expect(await violationsAfter(stage, { larder: next, dataDir: stage.dataDir })).toEqual([])
  expect(await holdsCurrentTokens(stage)).toBe(true)
})

test('a first start on a full disk exits 74, and the next start works once there is room', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  using disk = mountSmallDisk(8)
  await using stage = await openCrashStage({
    provider: {},
    environment: { LARDER_DATA_DIR: join(disk.path, 'data') },
  })
  disk.fill()
  const larder = await stage.spawn()
  expect(await larder.ended).toBe(74)
  expect(await larder.output()).toContain('disk_full')
  disk.free()
  const [one] = await stage.start().then(() => stage.adopt(1))
  expect(one && (await refresh(stage, one)).status).toBe(200)
})

test('a start on a read-only disk exits 74 and changes nothing', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  using disk = mountSmallDisk(8)
  const environment = { LARDER_DATA_DIR: join(disk.path, 'data') }
  await using stage = await openCrashStage({ provider: { profile: 'strict' }, environment })
  const first = await stage.start()
  const [one] = await stage.adopt(1)
  await stage.kill(first)
  disk.makeReadOnly()
  const refused = await stage.spawn()
  expect(await refused.ended).toBe(74)
  expect(await refused.output()).toMatch(/larder: error: .*(EROFS|read_only)/)
  expect(await integrityOf(join(disk.path, 'data'))).toBe('ok')
  expect(one && (await stage.provider.requests({ family: one.family }))).toEqual([])
})

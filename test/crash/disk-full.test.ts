import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SpawnedLarder } from '../support/larder-process.ts'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { notRun } from './not-run.ts'
import { canMount, mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { integrityOf, storedTokensOf } from './vault-files.ts'

const HOUR_MS = 3_600_000

type Full = CrashStage & {
  readonly disk: SmallDisk
  readonly larder: SpawnedLarder
  readonly rotated: Adopted
  readonly other: Adopted
}

/** The provider has rotated, the disk has become full, and then the answer came. */
async function diskFullBeforeAnswer(): Promise<Full> {
  const disk = mountSmallDisk(8)
  onTestFinished(() => disk[Symbol.dispose]())
  const stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 600 },
    environment: { LARDER_DATA_DIR: join(disk.path, 'data'), LARDER_LOG_LEVEL: 'warn' },
  })
  onTestFinished(() => stage[Symbol.asyncDispose]())
  const larder = await stage.start()
  const [rotated, other] = await stage.adopt(2)
  if (rotated === undefined || other === undefined) throw new Error('nothing was adopted')
  await stage.provider.misbehave({ act: 'hold', before: 'answer' })
  const refreshing = refresh(stage, rotated)
  await stage.provider.until({ family: rotated.family, count: 1, phase: 'processed' })
  disk.fill()
  await stage.provider.behave()
  expect((await refreshing).status).toBe(200)
  return { ...stage, disk, larder, rotated, other }
}

function refresh({ api }: CrashStage, { id }: Adopted) {
  return api.post(`/v1/connections/${id}/refresh`)
}

function readToken({ api }: CrashStage, { id }: Adopted) {
  return api.get(`/v1/connections/${id}/token`)
}

async function readiness({ api }: CrashStage) {
  const { status, body } = await api.get('/readyz')
  return { status, ...(body as object) }
}

const FULL = { status: 503, ready: false, reason: 'disk_full' }

test('on a full disk nothing is spent, tokens are served, and it says why and when it is over', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  const stage = await diskFullBeforeAnswer()
  const { provider, other, rotated, disk } = stage
  expect(await readiness(stage)).toMatchObject(FULL)
  const refused = await refresh(stage, other)
  expect(refused).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } })
  expect(refused.body).toMatchObject({ reason: 'disk_full' })
  expect(await provider.requests({ family: other.family })).toEqual([])
  expect((await readToken(stage, other)).status).toBe(200)
  expect((await readToken(stage, rotated)).status).toBe(200)
  disk.free()
  expect(await readiness(stage)).toMatchObject({ status: 200, ready: true })
  expect((await refresh(stage, other)).status).toBe(200)
})

test('a rotation survives an hour on a full disk, the end of its process in it, and a start', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  const stage = await diskFullBeforeAnswer()
  const { provider, rotated, other, disk } = stage
  await stage.kill(stage.larder)
  expect(await integrityOf(join(disk.path, 'data'))).toBe('ok')
  await provider.advanceTime(HOUR_MS)

  const second = await stage.spawn()
  await until('it to serve, the disk still full', async () => {
    return (await readToken(stage, rotated).catch(() => null))?.status === 200
  })
  expect((await readToken(stage, other)).status).toBe(200)
  expect(await readiness(stage)).toMatchObject(FULL)
  await stage.kill(second)

  const third = await stage.spawn()
  await until('it to serve again', () => readToken(stage, rotated).catch(() => null))
  expect((await provider.requests({ family: rotated.family })).length).toBe(1)
  disk.free()
  await until('it to be ready', async () => (await readiness(stage)).status === 200)
  expect((await refresh(stage, rotated)).status).toBe(200)
  await theRightTokensAreStored(stage, third)
})

test('it ends in order while the disk is full, and the rotation is there at the next start', async (context) => {
  if (!canMount()) notRun(context, 'it takes root to mount a small disk')
  const stage = await diskFullBeforeAnswer()
  stage.larder.kill('SIGTERM')
  expect(await stage.larder.ended).toBe(0)
  stage.disk.free()
  const next = await stage.start()
  expect((await refresh(stage, stage.rotated)).status).toBe(200)
  await theRightTokensAreStored(stage, next)
})

test('a first start on a full disk makes no half of a vault', async (context) => {
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

test('on a disk that cannot be written it refuses to start, and leaves all as it is', async (context) => {
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

async function theRightTokensAreStored(stage: Full, larder: SpawnedLarder): Promise<void> {
  larder.kill('SIGTERM')
  expect(await larder.ended).toBe(0)
  const stored = await storedTokensOf(join(stage.disk.path, 'data'))
  for (const { family } of [stage.rotated, stage.other]) {
    const { current, revoked } = await stage.provider.family(family)
    expect(revoked).toBeNull()
    expect(stored.find((one) => one.family === family)?.refreshToken).toBe(current)
  }
}

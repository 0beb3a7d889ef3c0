import { join } from 'node:path'
import type { SpawnedLarder } from '../support/larder-process.ts'
import { newSeed } from '../scripted-provider/seed.ts'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'
import { integrityOf, isJournalEmpty, storedTokensOf } from './vault-files.ts'
import { violationsAfter } from './violations-after.ts'

export type Full = CrashStage & {
  readonly disk: SmallDisk
  readonly dataDir: string
  readonly larder: SpawnedLarder
  readonly rotated: Adopted
  readonly other: Adopted
}

/** The provider has rotated, the disk has become full, and then the answer came. */
export async function diskFullBeforeAnswer(seed = newSeed()): Promise<Full> {
  await using opened = new AsyncDisposableStack()
  const disk = opened.use(mountSmallDisk(8))
  const dataDir = join(disk.path, 'data')
  const stage = opened.use(
    await openCrashStage({
      provider: { profile: 'strict', accessTokenSeconds: 600, seed },
      environment: { LARDER_DATA_DIR: dataDir, LARDER_LOG_LEVEL: 'warn' },
    }),
  )
  const larder = await stage.start()
  const [rotated, other] = await stage.adopt(2)
  if (rotated === undefined || other === undefined) throw new Error('nothing was adopted')
  await stage.provider.misbehave({ act: 'hold', before: 'answer' })
  const refreshing = refresh(stage, rotated)
  await stage.provider.until({ family: rotated.family, count: 1, phase: 'processed' })
  disk.fill()
  await stage.provider.behave()
  const { status } = await refreshing
  if (status !== 200) throw new Error(`the refresh was answered with ${status}`)
  const running = opened.move()
  const close = () => running.disposeAsync()
  return { ...stage, disk, dataDir, larder, rotated, other, [Symbol.asyncDispose]: close }
}

export function refresh({ api }: CrashStage, { id }: Adopted) {
  return api.post(`/v1/connections/${id}/refresh`)
}

export function readToken({ api }: CrashStage, { id }: Adopted) {
  return api.get(`/v1/connections/${id}/token`)
}

export async function readiness({ api }: CrashStage) {
  const { status, body } = await api.get('/readyz')
  return { status, ...(body as { readonly ready: boolean; readonly reason?: string }) }
}

/** What the log of the process says of the database, in order. */
export async function storeEvents({ larder }: Full): Promise<readonly string[]> {
  const lines = (await larder.output()).split('\n').filter((line) => line.startsWith('{"'))
  return lines.flatMap((line) => {
    const { event, reason, reasons } = JSON.parse(line) as StoreLine
    return event.startsWith('store.') ? [`${event} ${reasons?.join() ?? reason}`] : []
  })
}

type StoreLine = {
  readonly event: string
  readonly reason?: string
  readonly reasons?: readonly string[]
}

export type FullDiskReport = {
  readonly minutes: number
  /** SIGKILLs, and starts, while nothing could be written. */
  readonly killsWhileFull: number
  readonly startsWhileFull: number
  /** Of the two tokens, after each of those starts. */
  readonly readsServed: string
  readonly saidWhy: string
  /** Of the rotated grant: a second one would be a token shown again. */
  readonly requestsMeanwhile: number
  readonly integrity: string
  /** Whether the vault holds the provider's current refresh tokens in the end, and none was revoked. */
  readonly survived: boolean
  readonly violations: readonly string[]
}

const KILLS = 3

/** For so long, by the clock of the provider, nothing can be written; the process is killed meanwhile. */
export async function spendFull(minutes: number, seed = newSeed()): Promise<FullDiskReport> {
  await using stage = await diskFullBeforeAnswer(seed)
  const { provider, disk, rotated, other } = stage
  await stage.kill(stage.larder)
  const integrity = await integrityOf(stage.dataDir)
  await provider.advanceTime(minutes * 60_000)
  const reasons: string[] = []
  let [larder, reads] = [stage.larder, 0]
  for (let start = 0; start < KILLS; start++) {
    larder = await stage.spawn()
    await until('it to serve, the disk still full', async () => isServed(stage, rotated))
    reads += (await Promise.all([rotated, other].map((one) => isServed(stage, one)))).filter(
      Boolean,
    ).length
    reasons.push((await readiness(stage)).reason ?? 'ready')
    if (start < KILLS - 1) await stage.kill(larder)
  }
  const asked = await provider.requests({ family: rotated.family, endpoint: 'token' })
  const requestsMeanwhile = asked.length - 1
  disk.free()
  await until('it to be ready', async () => (await readiness(stage)).status === 200)
  // Until what was noted is written, a refresh is answered with it, and proves nothing.
  await until('the journal to be empty', () => isJournalEmpty(stage.dataDir))
  // Both: the provider's clock has gone on alone, so that only what was issued since is alive by it.
  const answers = [await refresh(stage, rotated), await refresh(stage, other)]
  // Nor could I4 say a thing of what was served before that.
  const violations = await violationsAfter(stage, { larder, dataDir: stage.dataDir })
  return {
    minutes,
    killsWhileFull: KILLS,
    startsWhileFull: KILLS,
    readsServed: `${reads} of ${KILLS * 2}`,
    saidWhy: [...new Set(reasons)].join(' '),
    requestsMeanwhile,
    integrity,
    survived: answers.every(({ status }) => status === 200) && (await holdsCurrentTokens(stage)),
    violations,
  }
}

async function isServed(stage: Full, one: Adopted): Promise<boolean> {
  return (await readToken(stage, one).catch(() => null))?.status === 200
}

/** Looks into what an ended process has left. */
export async function holdsCurrentTokens(stage: Full): Promise<boolean> {
  const stored = new Map(
    (await storedTokensOf(stage.dataDir)).map((one) => [one.family, one.refreshToken]),
  )
  const held = [stage.rotated, stage.other].map(async ({ family }) => {
    const { current, revoked } = await stage.provider.family(family)
    return revoked === null && stored.get(family) === current
  })
  return (await Promise.all(held)).every(Boolean)
}

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

/** Fills the disk after the provider has rotated and before its answer arrives. */
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
  if (rotated === undefined || other === undefined) throw new Error('no connection was imported')
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

/** The log events about the database, in order. */
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
  /** SIGKILLs and starts while the disk was full. */
  readonly killsWhileFull: number
  readonly startsWhileFull: number
  /** Successful reads of the two tokens after each of those starts. */
  readonly readsServed: string
  readonly saidWhy: string
  /** Further requests for the rotated grant. Any would be a reuse of the refresh token. */
  readonly requestsMeanwhile: number
  readonly integrity: string
  /** Whether the vault ends with the provider's current refresh tokens and no grant was revoked. */
  readonly survived: boolean
  readonly violations: readonly string[]
}

const KILLS = 3

/** Keeps the disk full for the given time on the provider's clock, and kills Larder several times. */
export async function keepDiskFull(minutes: number, seed = newSeed()): Promise<FullDiskReport> {
  await using stage = await diskFullBeforeAnswer(seed)
  const { provider, disk, rotated, other } = stage
  await stage.kill(stage.larder)
  const integrity = await integrityOf(stage.dataDir)
  await provider.advanceTime(minutes * 60_000)
  const reasons: string[] = []
  let [larder, reads] = [stage.larder, 0]
  for (let start = 0; start < KILLS; start++) {
    larder = await stage.spawn()
    await until('Larder to serve on the full disk', async () => isServed(stage, rotated))
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
  // Until the journal is empty, a refresh returns the rotation in it, which proves nothing.
  await until('the journal to be empty', () => isJournalEmpty(stage.dataDir))
  // Refresh both: by the provider's clock, which alone was advanced, the older tokens have expired.
  const answers = [await refresh(stage, rotated), await refresh(stage, other)]
  // For the same reason, no earlier read is given to invariant I4.
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

/** Whether the vault of the ended process holds the provider's current refresh tokens. */
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

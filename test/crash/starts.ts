import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { type Figure, figure } from '../support/figures.ts'
import { downgradeTo } from './older-vault.ts'
import { type Injection, placeOf, startKilledAtSyscall } from './strace.ts'
import { integrityOf, storedTokensOf } from './vault-files.ts'

export type StartOptions = {
  readonly syscalls: readonly string[]
  /** 1 for every call; n for every n-th call. */
  readonly every: number
  readonly progress?: (kills: number) => void
}

/** A start that was killed at one system call. */
export type StartKill = Injection & {
  /** The call at which the process was killed, and which did not run. */
  readonly at: string
  /** Null if the next start found all data. */
  readonly fault: string | null
}

/** Kills the first start at every call of each kind in turn. The next start must make a new vault. */
export async function killFirstStarts(options: StartOptions): Promise<readonly StartKill[]> {
  await using stage = await openCrashStage({ provider: {} })
  return await killStarts(stage, options, {
    prepare: () => rm(stage.at.dataDir, { recursive: true, force: true }),
    adopted: () => stage.adopt(1),
  })
}

/** Kills a start that migrates at every call of each kind. The next start must serve all tokens. */
export async function killMigrations(options: StartOptions): Promise<readonly StartKill[]> {
  await using opened = new AsyncDisposableStack()
  const older = await mkdtemp(join(tmpdir(), 'larder-older-'))
  opened.defer(() => rm(older, { recursive: true, force: true }))
  const stage = opened.use(await openCrashStage({ provider: {} }))
  const { dataDir } = stage.at
  const larder = await stage.start()
  const adopted = await stage.adopt(3)
  larder.kill('SIGTERM')
  await larder.ended
  await downgradeTo('0001-vault', dataDir)
  await cp(dataDir, older, { recursive: true })
  return await killStarts(stage, options, {
    prepare: async () => {
      await rm(dataDir, { recursive: true, force: true })
      await cp(older, dataDir, { recursive: true })
    },
    adopted: async () => adopted,
  })
}

export function startFigures(kills: readonly StartKill[]): readonly Figure[] {
  const places = [...Map.groupBy(kills, ({ at }) => at)].map(([at, all]) =>
    figure(at, `${all.length} kills`),
  )
  const wrong = kills.filter(({ fault }) => fault !== null).length
  return [figure('kills', kills.length), ...places, figure('wrong', wrong)]
}

type Play = {
  /** Restores the data directory before the start that will be killed. */
  readonly prepare: () => Promise<void>
  /** The connections that the next start must serve. */
  readonly adopted: () => Promise<readonly Adopted[]>
}

async function killStarts(
  stage: CrashStage,
  { syscalls, every, progress }: StartOptions,
  play: Play,
): Promise<readonly StartKill[]> {
  const kills: StartKill[] = []
  for (const syscall of syscalls) {
    for (let n = 1; ; n += every) {
      await play.prepare()
      const at = await killStart(stage, { syscall, n })
      if (at === null) break
      kills.push({ syscall, n, at, fault: await faultOf(stage, play) })
      progress?.(kills.length)
    }
  }
  return kills
}

/** Returns null if the start was ready before the n-th call. */
async function killStart(stage: CrashStage, injection: Injection): Promise<string | null> {
  await using tracing = await startKilledAtSyscall(injection)
  const larder = await stage.spawn(tracing.through)
  if (!(await larder.ready())) {
    const end = await larder.ended
    if (end !== 'SIGKILL') throw new Error(`ended with ${end}:\n${await larder.output()}`)
    await until('the trace to be written', async () => hasEnded(await tracing.calls()))
    return placeOf(await tracing.calls(), injection.syscall)
  }
  larder.kill('SIGTERM')
  await larder.ended
  return null
}

function hasEnded(calls: readonly string[]): boolean {
  return calls.some((call) => call.includes('+++ killed by SIGKILL'))
}

async function faultOf(stage: CrashStage, play: Play): Promise<string | null> {
  const { dataDir } = stage.at
  const larder = await stage.spawn()
  if (!(await larder.ready())) return `does not start: ${lastLine(await larder.output())}`
  const adopted = await play.adopted()
  const reads = adopted.map(({ id }) => stage.api.get(`/v1/connections/${id}/token`))
  const isServed = (await Promise.all(reads)).every(({ status }) => status === 200)
  await stage.kill(larder)
  const integrity = await integrityOf(dataDir)
  if (integrity !== 'ok') return integrity
  if (!isServed) return 'a token is not served'
  const stored = await storedTokensOf(dataDir)
  for (const { family, refreshToken } of stored) {
    const { current } = await stage.provider.family(family)
    if (current !== refreshToken) return 'a refresh token is not the imported one'
  }
  return stored.length === adopted.length ? null : 'a connection is missing'
}

function lastLine(output: string): string {
  return output.split('\n').findLast((line) => line.includes('larder: error')) ?? 'no error message'
}

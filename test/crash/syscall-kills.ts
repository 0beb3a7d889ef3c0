import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { check } from '../scripted-provider/checker/check.ts'
import type { SeenConnection } from '../scripted-provider/checker/observations.ts'
import type { SpawnedLarder } from '../support/larder-process.ts'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { type Figure, figure } from '../support/figures.ts'
import { ARRIVAL_SEEN_WITHIN_MS } from './losses.ts'
import { type Injection, killAtSyscall, placeOf } from './strace.ts'
import { integrityOf, isJournalEmpty, storedTokensOf } from './vault-files.ts'

export type SyscallOptions = {
  readonly profile: 'grace' | 'strict'
  readonly seed: string
  readonly syscalls: readonly string[]
  /** Fills the WAL before each refresh, so that the commit includes a checkpoint. */
  readonly checkpoints: boolean
  /** 1 for every call; n for every n-th call. */
  readonly every?: number
}

/** A refresh whose process was killed at one system call. */
export type SyscallKill = Injection & {
  /** The call at which the process was killed, and which did not run. */
  readonly at: string
  readonly outcome: 'survived' | 'lost'
  /** Null if the outcome was right. */
  readonly fault: string | null
}

export type SyscallReport = {
  readonly kills: readonly SyscallKill[]
  readonly violations: readonly string[]
}

/** Kills a refresh at every call of each kind in turn, until a refresh has no further such call. */
export async function killAtEverySyscall(options: SyscallOptions): Promise<SyscallReport> {
  const { profile, seed } = options
  await using stage = await openCrashStage({
    provider: { profile, seed },
    environment: { LARDER_LOG_LEVEL: 'warn' },
  })
  const kills: SyscallKill[] = []
  let larder = await stage.start()
  for (const syscall of options.syscalls) {
    for (let n = 1; ; n += options.every ?? 1) {
      const cut = await cutOff(stage, larder, { syscall, n, checkpoints: options.checkpoints })
      if (cut === null) break
      const integrity = await integrityOf(stage.at.dataDir)
      larder = await stage.start()
      kills.push(await judge(stage, cut, { integrity, profile }))
    }
  }
  await stage.kill(larder)
  return { kills, violations: await violationsOf(stage) }
}

export function syscallFigures({ kills, violations }: SyscallReport): readonly Figure[] {
  const places = [...Map.groupBy(kills, ({ at }) => at)].map(([at, all]) => {
    const lost = all.filter(({ outcome }) => outcome === 'lost').length
    return figure(at, `${all.length} kills, ${lost} lost`)
  })
  return [
    figure('kills', kills.length),
    ...places,
    figure('wrong', kills.filter(({ fault }) => fault !== null).length),
    figure('violations', violations.length),
  ]
}

/** A refresh whose process was killed when it entered `at`. */
type Cut = Injection & { readonly victim: Adopted; readonly at: string }

/** Returns null if the refresh ended before the n-th call. */
async function cutOff(
  stage: CrashStage,
  larder: SpawnedLarder,
  { checkpoints, ...injection }: Injection & Pick<SyscallOptions, 'checkpoints'>,
): Promise<Cut | null> {
  const [victim] = await stage.adopt(1)
  if (victim === undefined) throw new Error('no connection was imported')
  await journalToBeEmpty(stage)
  if (checkpoints) await fillLog(stage)
  await using tracing = await killAtSyscall(larder.pid, injection)
  const answer = await stage.api.post(`/v1/connections/${victim.id}/refresh`).catch(() => null)
  // The process may have been killed after it sent this answer.
  if (answer !== null && (await isStillThere(larder.ended))) return null
  await larder.ended
  stage.kills.push(stage.provider.now())
  return { ...injection, victim, at: placeOf(await tracing.calls(), injection.syscall) }
}

const GONE_WITHIN_MS = 100

function isStillThere(ended: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    ended.then(() => false),
    new Promise<boolean>((resolve) => {
      setTimeout(resolve, GONE_WITHIN_MS, true)
    }),
  ])
}

async function judge(
  stage: CrashStage,
  { victim, ...cut }: Cut,
  seen: { readonly integrity: string; readonly profile: string },
): Promise<SyscallKill> {
  const { outcome, reason } = await outcomeFor(stage, victim)
  const damage = seen.integrity === 'ok' ? null : `integrity: ${seen.integrity}`
  const loss =
    outcome === 'lost' ? faultOfLoss({ at: cut.at, reason, profile: seen.profile }) : null
  return { ...cut, outcome, fault: damage ?? loss }
}

/** Only a kill at the first write after a strict provider's answer may lose the rotation. */
function faultOfLoss(loss: {
  readonly at: string
  readonly reason: string | null
  readonly profile: string
}): string | null {
  if (loss.profile === 'grace') return 'lost at a provider with a grace'
  if (loss.at !== 'pwrite64 larder.journal') return 'lost although the journal had it'
  return loss.reason === 'interrupted' ? null : `lost and reported as ${loss.reason}`
}

type Shown = {
  readonly status: SeenConnection['status']
  readonly failure: { reason: string } | null
}

/** How the next process ends the refresh. */
async function outcomeFor(stage: CrashStage, { id, family }: Adopted) {
  const path = `/v1/connections/${id}`
  const show = async () => (await stage.api.get(path)).body as Shown
  await until('the interrupted refresh to be resolved', async () => {
    const { status } = await show()
    const revoked = (await stage.provider.family(family)).revoked !== null
    return status !== 'failing' && (status === 'disconnected') === revoked
  })
  await journalToBeEmpty(stage)
  const { status } = await stage.api.post(`${path}/refresh`)
  const reason = (await show()).failure?.reason ?? null
  return { outcome: status === 200 ? 'survived' : 'lost', reason } as const
}

/**
 * A start commits the rotations in the journal. Until then a refresh returns them without a request,
 * and a trace would count the writes of that commit.
 */
async function journalToBeEmpty({ at }: CrashStage): Promise<void> {
  await until('the journal to be empty', () => isJournalEmpty(at.dataDir))
}

const HEADER_BYTES = 32
const FRAME_BYTES = 4096 + 24
/** Size of the WAL at which SQLite starts a checkpoint. */
const CHECKPOINT_FRAMES = 1_000

/** Fills the WAL. Each update changes the value, because SQLite writes no page otherwise. */
async function fillLog({ at }: CrashStage): Promise<void> {
  const log = join(at.dataDir, 'larder.db-wal')
  const database = new Database(join(at.dataDir, 'larder.db'))
  const beat = database.prepare('update vault set heartbeat_at = heartbeat_at - 1')
  try {
    for (;;) {
      const missing = CHECKPOINT_FRAMES - 2 - framesIn(await readFile(log))
      if (missing <= 0) return
      for (let page = 0; page < missing; page++) beat.run()
    }
  } finally {
    database.close()
  }
}

/** Counts the frames with the salt of the header: a WAL that is restarted keeps its size. */
function framesIn(log: Buffer): number {
  const salt = log.subarray(16, 24)
  const isCurrent = (at: number) => log.subarray(at + 8, at + 16).equals(salt)
  let frames = 0
  while (isCurrent(HEADER_BYTES + frames * FRAME_BYTES)) frames++
  return frames
}

/** Time from the answer to the fatal write. Tracing makes the process slow. */
const TRACED_WINDOW_MS = 500

async function violationsOf(stage: CrashStage): Promise<readonly string[]> {
  const stored = await storedTokensOf(stage.at.dataDir)
  const { kills, starts } = stage
  const limits = { killWindowMs: TRACED_WINDOW_MS, arrivalSeenWithinMs: ARRIVAL_SEEN_WITHIN_MS }
  const violations = check(await stage.provider.truth(), { stored, kills, starts }, limits)
  return violations.map(({ message }) => message)
}

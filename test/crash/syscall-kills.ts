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
  /** Fills the log before each refresh, so that its commit also brings the log into the database. */
  readonly checkpoints: boolean
  /** 1: at each of them; more: a sample. */
  readonly every?: number
}

/** One refresh that was cut off at one system call. */
export type SyscallKill = Injection & {
  /** The call that was not carried out. */
  readonly at: string
  readonly outcome: 'survived' | 'lost'
  /** Null where that was right. */
  readonly fault: string | null
}

export type SyscallReport = {
  readonly kills: readonly SyscallKill[]
  readonly violations: readonly string[]
}

/** Cuts a refresh off at every call of each kind in turn, until there is no such call left in it. */
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

/** A refresh whose process was ended as it entered `at`. */
type Cut = Injection & { readonly victim: Adopted; readonly at: string }

/** Null where the refresh came to its end before the n-th call. */
async function cutOff(
  stage: CrashStage,
  larder: SpawnedLarder,
  { checkpoints, ...injection }: Injection & Pick<SyscallOptions, 'checkpoints'>,
): Promise<Cut | null> {
  const [victim] = await stage.adopt(1)
  if (victim === undefined) throw new Error('nothing was adopted')
  await journalToBeEmpty(stage)
  if (checkpoints) await fillLog(stage)
  await using tracing = await killAtSyscall(larder.pid, injection)
  const answer = await stage.api.post(`/v1/connections/${victim.id}/refresh`).catch(() => null)
  // An answer that was on its way out does not mean that its sender is still there.
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

/** Only what was never written may be lost: the very first write after a strict provider's answer. */
function faultOfLoss(loss: {
  readonly at: string
  readonly reason: string | null
  readonly profile: string
}): string | null {
  if (loss.profile === 'grace') return 'lost at a provider that forgives'
  if (loss.at !== 'pwrite64 larder.journal') return 'lost although its note was written'
  return loss.reason === 'interrupted' ? null : `lost and called ${loss.reason}`
}

type Shown = {
  readonly status: SeenConnection['status']
  readonly failure: { reason: string } | null
}

/** What the next process makes of it. */
async function outcomeFor(stage: CrashStage, { id, family }: Adopted) {
  const path = `/v1/connections/${id}`
  const show = async () => (await stage.api.get(path)).body as Shown
  await until('what was interrupted to be settled', async () => {
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
 * What a former process had noted is written a moment after the start; until then a refresh is answered
 * with it, and a trace would count its writes.
 */
async function journalToBeEmpty({ at }: CrashStage): Promise<void> {
  await until('the journal to be empty', () => isJournalEmpty(at.dataDir))
}

const HEADER_BYTES = 32
const FRAME_BYTES = 4096 + 24
/** Where SQLite begins to bring its log into the database. */
const CHECKPOINT_FRAMES = 1_000

/** Each update writes a page: SQLite writes none for a value that stays what it is. */
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

/** The file keeps its size when it is begun anew: what counts are the frames with the salt of its header. */
function framesIn(log: Buffer): number {
  const salt = log.subarray(16, 24)
  const isCurrent = (at: number) => log.subarray(at + 8, at + 16).equals(salt)
  let frames = 0
  while (isCurrent(HEADER_BYTES + frames * FRAME_BYTES)) frames++
  return frames
}

/** A traced process is slow: from the answer to the write that it dies of. */
const TRACED_WINDOW_MS = 500

async function violationsOf(stage: CrashStage): Promise<readonly string[]> {
  const stored = await storedTokensOf(stage.at.dataDir)
  const { kills, starts } = stage
  const limits = { killWindowMs: TRACED_WINDOW_MS, arrivalSeenWithinMs: ARRIVAL_SEEN_WITHIN_MS }
  const violations = check(await stage.provider.truth(), { stored, kills, starts }, limits)
  return violations.map(({ message }) => message)
}

import { type Figure, figure, type Goal, spread } from '../support/figures.ts'
import { percentile } from '../scripted-provider/checker/load.ts'
import { type LifeOptions, type LifeReport, runInstallation } from './random-kills.ts'
import { openCrashStage } from './crash-stage.ts'
import { LONGEST_WINDOW_MS } from './losses.ts'

export type LoopOptions = {
  readonly profile: LifeOptions['profile']
  readonly seed: string
  readonly kills: number
  /** Number of installations that run at once. */
  readonly parallel: number
  /** An answer that left the provider longer than this before the kill must not be lost. */
  readonly killWindowMs?: number
  /** Called after each installation has ended. */
  readonly progress?: (done: LoopReport) => void
  /** Stops the start of further installations. */
  readonly end?: AbortSignal
}

export type LoopReport = Omit<LifeReport, 'seed'> & { readonly lives: number }

/** Kills per installation, which bounds the memory of its provider. */
const KILLS_OF_A_LIFE = { grace: 50, strict: 20 } as const
const CONNECTIONS = 100

/** Runs installations, several at once, until the wanted number of kills is reached. */
export async function killManyTimes(options: LoopOptions): Promise<LoopReport> {
  const { profile, seed, parallel, progress, killWindowMs = LONGEST_WINDOW_MS } = options
  const left = { kills: options.kills, lives: 0 }
  let report = NOTHING
  const lane = async (): Promise<void> => {
    while (left.kills > 0 && options.end?.aborted !== true) {
      const kills = Math.min(left.kills, KILLS_OF_A_LIFE[profile])
      left.kills -= kills
      const life = await runInstallation({
        profile,
        seed: `${seed}-${++left.lives}`,
        kills,
        connections: CONNECTIONS,
        killWindowMs,
      })
      report = sum(report, life)
      progress?.(report)
    }
  }
  const stopAll = (error: unknown): never => {
    left.kills = 0
    throw error
  }
  // The other lanes finish their installations, because those have child processes.
  const ended = await Promise.allSettled(
    Array.from({ length: parallel }, () => lane().catch(stopAll)),
  )
  for (const result of ended) if (result.status === 'rejected') throw result.reason
  return report
}

const NOTHING: LoopReport = {
  lives: 0,
  kills: 0,
  killsAtStart: 0,
  refreshes: 0,
  tokensServed: 0,
  connections: 0,
  damaged: [],
  losses: [],
  unsavedAnswersMs: [],
  reuseRevocations: 0,
  violations: [],
}

function sum(report: LoopReport, life: LifeReport): LoopReport {
  const where = (line: string) => `${life.seed}: ${line}`
  return {
    lives: report.lives + 1,
    kills: report.kills + life.kills,
    killsAtStart: report.killsAtStart + life.killsAtStart,
    refreshes: report.refreshes + life.refreshes,
    tokensServed: report.tokensServed + life.tokensServed,
    connections: report.connections + life.connections,
    damaged: [...report.damaged, ...life.damaged.map(where)],
    losses: [...report.losses, ...life.losses],
    unsavedAnswersMs: [...report.unsavedAnswersMs, ...life.unsavedAnswersMs],
    reuseRevocations: report.reuseRevocations + life.reuseRevocations,
    violations: [...report.violations, ...life.violations.map(where)],
  }
}

/** Runs one process to an orderly end, which writes the compile cache. */
export async function warmCompileCache(): Promise<void> {
  await using stage = await openCrashStage({ provider: {} })
  const larder = await stage.start()
  larder.kill('SIGTERM')
  await larder.ended
}

/** Everything that a correct run must not report. */
export function faultsOf(report: LoopReport, profile: LoopOptions['profile']): readonly string[] {
  const mislabelled = report.losses.filter(({ label }) => label !== 'interrupted')
  const forbidden = profile === 'grace' ? report.losses : mislabelled
  return [
    ...report.damaged,
    ...report.violations,
    ...forbidden.map(({ family, label }) => `${family} was lost and is reported as ${label}`),
  ]
}

/** Goal for the time from a strict provider's rotation until Larder's journal has it. */
const WINDOW_P99_MS = 20

export function loopFigures(
  report: LoopReport,
  profile: LoopOptions['profile'],
): readonly Figure[] {
  const { losses, kills, killsAtStart, damaged } = report
  const answered = losses.flatMap(({ afterAnswerMs }) => afterAnswerMs ?? [])
  const rotated = losses.flatMap(({ afterRotationMs }) => afterRotationMs ?? [])
  const labelled = losses.filter(({ label }) => label === 'interrupted').length
  return [
    figure('SIGKILLs', `${kills}, ${killsAtStart} of them while starting`),
    figure('installations', report.lives),
    figure('token requests at the provider', report.refreshes),
    figure('tokens served and checked', report.tokensServed),
    figure('failed integrity checks', damaged.length),
    figure('connections lost', `${losses.length} of ${report.connections}`),
    figure('… before the answer was sent', losses.length - answered.length),
    figure('… after it was sent', answered.length),
    figure(
      '… reported as interrupted',
      `${labelled}, as anything else: ${losses.length - labelled}`,
    ),
    figure('revoked for reuse', report.reuseRevocations),
    figure(
      'rotation to kill, if lost',
      spread(rotated),
      profile === 'strict' ? windowGoal(rotated) : null,
    ),
    figure('answer to kill, if not stored', spread(report.unsavedAnswersMs)),
    figure('violations', report.violations.length),
  ]
}

function windowGoal(windowsMs: readonly number[]): Goal {
  const isMet = percentile(windowsMs, 0.99) <= WINDOW_P99_MS
  return { text: `p99 at most ${WINDOW_P99_MS} ms`, isMet }
}

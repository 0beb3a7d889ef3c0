import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import { LONGEST_WINDOW_MS } from './losses.ts'
import { integrityOf, isJournalEmpty } from './vault-files.ts'
import { violationsAfter } from './violations-after.ts'

export type AfterAnswerOptions = {
  readonly seed: string
  /** Time from the last byte that the provider sent to the kill. */
  readonly afterMs: number
  readonly kills: number
  /** Refreshes that the process does before the one during which it is killed. */
  readonly warmUp: number
  /** The words that run the program. Without them, its sources run. */
  readonly program?: readonly string[] | undefined
}

export type AfterAnswerReport = {
  readonly afterMs: number
  readonly kills: number
  readonly survived: number
  /** Number of the lost rotations whose connection is reported as `interrupted`. */
  readonly labelled: number
  readonly damaged: readonly string[]
  readonly violations: readonly string[]
}

/** Kills Larder a given time after each answer to a refresh. Counts the rotations that it stored. */
export async function killAfterAnswers(options: AfterAnswerOptions): Promise<AfterAnswerReport> {
  const { afterMs, kills } = options
  await using stage = await openCrashStage({
    provider: { profile: 'strict', seed: `${options.seed} ${afterMs}` },
    refresh: { ratePerSecond: 1_000 },
    environment: { LARDER_LOG_LEVEL: 'warn' },
    program: options.program,
  })
  const damaged: string[] = []
  const outcomes: Outcome[] = []
  for (let kill = 0; kill < kills; kill++) {
    const victim = await killAfterAnswer(stage, options)
    const found = await integrityOf(stage.at.dataDir)
    if (found !== 'ok') damaged.push(`kill ${kill + 1}: ${found}`)
    outcomes.push(await outcomeFor(stage, victim))
  }
  const lost = outcomes.filter(({ survived }) => !survived)
  return {
    afterMs,
    kills,
    survived: kills - lost.length,
    labelled: lost.filter(({ reason }) => reason === 'interrupted').length,
    damaged,
    violations: await violationsAfter(stage, {
      larder: await stage.start(),
      limits: { killWindowMs: LONGEST_WINDOW_MS },
    }),
  }
}

async function killAfterAnswer(stage: CrashStage, options: AfterAnswerOptions): Promise<Adopted> {
  const larder = await stage.start()
  const [victim, other] = await stage.adopt(2)
  if (victim === undefined || other === undefined) throw new Error('no connection was imported')
  for (let n = 0; n < options.warmUp; n++) await refresh(stage, other)
  const { afterMs } = options
  await stage.provider.misbehave(
    { act: 'kill', pid: larder.pid, once: 'answered', afterMs },
    { family: victim.family, next: 1 },
  )
  await Promise.allSettled([refresh(stage, victim), larder.ended])
  return victim
}

async function refresh({ api }: CrashStage, { id }: Adopted): Promise<void> {
  const { status, text } = await api.post(`/v1/connections/${id}/refresh`)
  if (status !== 200) throw new Error(text)
}

type Outcome = { readonly survived: boolean; readonly reason: string | null }

/** How the next process ends the refresh. It sends the token again if it has no answer. */
async function outcomeFor(stage: CrashStage, { id, family }: Adopted): Promise<Outcome> {
  const larder = await stage.start()
  const settled = await until('the interrupted refresh to be resolved', async () => {
    const { body } = await stage.api.get(`/v1/connections/${id}`)
    const { status, failure } = body as Shown
    const [last] = await stage.provider.requests({ family }).then((all) => all.slice(-1))
    const isOpen = status === 'active' && (await stage.provider.family(family)).revoked !== null
    return last !== undefined && !isOpen && { status, reason: failure?.reason ?? null }
  })
  // Until the journal is empty, a refresh returns the rotation in it, which proves nothing.
  await until('the journal to be empty', () => isJournalEmpty(stage.at.dataDir))
  const proof = await stage.api.post(`/v1/connections/${id}/refresh`)
  await stage.kill(larder)
  const survived = settled.status === 'active' && proof.status === 200
  return { survived, reason: settled.reason }
}

type Shown = { readonly status: string; readonly failure: { readonly reason: string } | null }

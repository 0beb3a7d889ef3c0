import { cp, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { leaksOf, type Listed, listConnections, seenConnection } from '../support/observe-larder.ts'
import { check } from '../scripted-provider/checker/check.ts'
import type { Observations, ServedToken } from '../scripted-provider/checker/observations.ts'
import { chance } from '../scripted-provider/seed.ts'
import type { Truth } from '../scripted-provider/truth.ts'
import { until } from '../support/until.ts'
import { type Adopted, type CrashStage, openCrashStage } from './crash-stage.ts'
import {
  ARRIVAL_SEEN_WITHIN_MS,
  acknowledgedButLost,
  type Loss,
  lossesOf,
  unsavedAnswersMs,
} from './losses.ts'
import { integrityOf, storedTokensOf } from './vault-files.ts'

export type LifeOptions = {
  readonly profile: 'grace' | 'strict'
  readonly seed: string
  readonly kills: number
  readonly connections: number
  /** An answer that left the provider longer than this before the kill must not be lost. */
  readonly killWindowMs: number
}

/** Counts of one installation over all its starts. */
export type LifeReport = {
  readonly seed: string
  readonly kills: number
  /** Kills before the process was ready. */
  readonly killsAtStart: number
  readonly refreshes: number
  readonly tokensServed: number
  readonly connections: number
  /** Failures of the integrity check, which runs after each kill. */
  readonly damaged: readonly string[]
  readonly losses: readonly Loss[]
  /** For each answer that was sent but not stored: the time from the answer to the kill. */
  readonly unsavedAnswersMs: readonly number[]
  readonly reuseRevocations: number
  /** Findings of the checker, and refreshes that a caller saw but the vault lost. */
  readonly violations: readonly string[]
}

/** Short-lived, so that some token is always due. */
const ACCESS_TOKEN_SECONDS = 4
const KILLS_AT_START = 0.15
const START_MS = 1_200
const LIFE_MS = 400

/** Kills Larder at random times and starts it again, with many connections at a rotating provider. */
export async function runInstallation(options: LifeOptions): Promise<LifeReport> {
  const { profile, seed, connections } = options
  await using stage = await openCrashStage({
    provider: { profile, seed, accessTokenSeconds: ACCESS_TOKEN_SECONDS },
    refresh: { ratePerSecond: 200 },
    environment: { LARDER_LOG_LEVEL: 'warn' },
  })
  await slowDown(stage)
  const damaged: string[] = []
  const checkFiles = async (kill: number) => {
    const found = await integrityOf(stage.at.dataDir)
    if (found !== 'ok') damaged.push(`kill ${kill}: ${found}`)
  }
  const first = await stage.start()
  const adopted = await stage.adopt(connections)
  await stage.kill(first)
  await checkFiles(1)
  const served: ServedToken[] = []
  const calm = { at: stage.provider.now() }
  let killsAtStart = 0
  for (let kill = 2; kill <= options.kills; kill++) {
    if (await startAndKill(stage, { adopted, served, calm, seed: `${seed} ${kill}` }))
      killsAtStart++
    await checkFiles(kill)
  }
  const seen = await endRun(stage, { adopted, served })
  const truth = await stage.provider.truth()
  const report = { ...judge(truth, seen, options), kills: options.kills, killsAtStart, damaged }
  if (report.violations.length > 0) await keepEvidence(stage, { truth, seen, report })
  return report
}

/** Writes everything needed to analyse a violation to a directory. */
async function keepEvidence(
  { at }: CrashStage,
  { truth, seen, report }: { truth: Truth; seen: Observations; report: LifeReport },
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), `larder-evidence-${report.seed}-`))
  const { kills, starts, connections } = seen
  const happened = { report, truth, kills, starts, connections }
  await writeFile(join(directory, 'happened.json'), JSON.stringify(happened))
  await cp(at.directory, join(directory, 'installation'), { recursive: true })
}

/** Delays requests, so that kills fall before processing, before the answer and after it. */
async function slowDown({ provider }: CrashStage): Promise<void> {
  await provider.misbehave({ act: 'delay', before: 'processing', ms: 8 }, { fraction: 0.3 })
  await provider.misbehave({ act: 'delay', before: 'answer', ms: 8 }, { fraction: 0.3 })
}

type Round = {
  readonly adopted: readonly Adopted[]
  readonly served: ServedToken[]
  readonly seed: string
  /** When a process last ran long enough to recover. */
  readonly calm: { at: number }
}

/**
 * A rescue must come within the grace. On a busy machine, a series of short-lived starts could outlast
 * the grace. So one process in a while runs a little longer, as under a supervisor with back-off.
 */
const CALM_EVERY_MS = 10_000
const CALM_MS = 1_000

/** Starts and kills one process. Returns whether it was still starting. */
async function startAndKill(stage: CrashStage, round: Round): Promise<boolean> {
  const larder = await stage.spawn()
  if (chance(round.seed, 'while starting') < KILLS_AT_START) {
    await wait(chance(round.seed, 'when') * START_MS)
    await stage.kill(larder)
    return true
  }
  if (!(await larder.ready())) throw new Error(`Larder did not start:\n${await larder.output()}`)
  const life = new AbortController()
  const reading = readTokens(stage, round, life.signal)
  if (stage.provider.now() - round.calm.at > CALM_EVERY_MS) {
    await wait(CALM_MS)
    round.calm.at = stage.provider.now()
  }
  await wait(chance(round.seed, 'when') * LIFE_MS)
  await stage.kill(larder)
  life.abort()
  await reading
  return false
}

const BETWEEN_READS_MS = 10
const FORCED = 0.1

/** Acts as the app: reads tokens, and sometimes forces a refresh. */
async function readTokens(stage: CrashStage, round: Round, end: AbortSignal): Promise<void> {
  for (let n = 0; !end.aborted; n++) {
    const pick = Math.floor(chance(round.seed, `read ${n}`) * round.adopted.length)
    const one = round.adopted[pick]
    if (one === undefined) return
    const forced = chance(round.seed, `forced ${n}`) < FORCED
    await (forced ? forceRefresh(stage, one) : readToken(stage, one, round.served))
    await wait(BETWEEN_READS_MS)
  }
}

async function forceRefresh({ api }: CrashStage, { id }: Adopted): Promise<void> {
  await api.post(`/v1/connections/${id}/refresh`).catch(() => undefined)
}

async function readToken(
  { api, provider }: CrashStage,
  { id, family }: Adopted,
  served: ServedToken[],
): Promise<void> {
  const askedAt = provider.now()
  // A repeated answer rounds the remaining lifetime to seconds. So the checker may only expect
  // that the token has not expired.
  const answer = await api.get(`/v1/connections/${id}/token?minTtlSeconds=1`).catch(() => null)
  if (answer?.status !== 200) return
  const { accessToken } = answer.body as { readonly accessToken: string }
  served.push({ family, accessToken, askedAt, answeredAt: provider.now(), minTtlMs: 0 })
}

/** Starts Larder a last time, waits until every connection is refreshed or given up, and reads the vault. */
async function endRun(
  stage: CrashStage,
  { adopted, served }: Pick<Round, 'adopted' | 'served'>,
): Promise<Observations> {
  const startedAt = Date.now()
  const larder = await stage.start()
  const listed = await until(
    'every connection to be refreshed or given up',
    async () => {
      const all = await listConnections(stage.api)
      return all.length === adopted.length && all.every((one) => isSettled(one, startedAt)) && all
    },
    30_000,
  )
  const seenAt = stage.provider.now()
  const connections = listed.map((one) => seenConnection(one, seenAt))
  larder.kill('SIGTERM')
  const ended = await larder.ended
  if (ended !== 0) throw new Error(`it ended with ${ended}:\n${await larder.output()}`)
  const { at, kills, starts, provider } = stage
  const stored = await storedTokensOf(at.dataDir)
  const leaks = await leaksOf(at, provider.mark)
  return { served, connections, stored, leaks, kills, starts }
}

function isSettled({ status, lastRefreshedAt }: Listed, since: number): boolean {
  if (status === 'disconnected') return true
  return status === 'active' && Date.parse(lastRefreshedAt ?? '') >= since
}

function judge(truth: Truth, seen: Observations, options: LifeOptions) {
  const { killWindowMs, seed } = options
  // I8 and I10 are not checked: neither is promised to a process that is killed twice a second.
  const limits = { killWindowMs, arrivalSeenWithinMs: ARRIVAL_SEEN_WITHIN_MS }
  const violations = check(truth, seen, limits).map(({ message }) => message)
  const { families } = truth
  return {
    seed,
    refreshes: truth.tokenRequests,
    tokensServed: seen.served?.length ?? 0,
    connections: families.length,
    losses: lossesOf(truth, seen),
    unsavedAnswersMs: unsavedAnswersMs(truth, seen.kills ?? []),
    reuseRevocations: families.filter(({ revoked }) => revoked?.cause === 'reuse').length,
    violations: [...violations, ...acknowledgedButLost(truth, seen)],
  }
}

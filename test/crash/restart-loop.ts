import { setTimeout as wait } from 'node:timers/promises'
import type { RequestRecord } from '../scripted-provider/request-log.ts'
import { chance } from '../scripted-provider/seed.ts'
import { openCrashStage } from './crash-stage.ts'
import { violationsAfter } from './violations-after.ts'

export type RestartOptions = {
  readonly starts: number
  readonly connections: number
  /** Grace in the settings; with 0, each further use of a token needs a back-off. */
  readonly graceSeconds: number
  readonly seed: string
}

export type RestartReport = {
  readonly starts: number
  readonly minutes: number
  readonly requests: number
  readonly mostOfOne: number
  /** Uses of a token that neither a start within the grace nor a back-off allows. */
  readonly faults: readonly string[]
  readonly violations: readonly string[]
}

/** The default grace of a provider without a preset. */
export const USUAL_GRACE_SECONDS = 30
const REPLAY_WITHIN_MS = 3_000
/** The shortest possible back-off: half of the first step, less a tolerance. */
const BACKOFF_MS = 4_500

/**
 * Kills Larder shortly after every start, at a provider that always fails. Quick restarts must neither
 * load the provider nor use up the grace again and again.
 */
export async function restartRepeatedly(options: RestartOptions): Promise<RestartReport> {
  const { starts, connections, graceSeconds, seed } = options
  await using stage = await openCrashStage({
    provider: { profile: 'strict', seed, accessTokenSeconds: 1 },
    refresh: { ratePerSecond: 1_000, concurrencyPerProvider: 64 },
    refreshTokens: { graceSeconds },
    environment: { LARDER_LOG_LEVEL: 'warn' },
  })
  const first = await stage.start()
  await stage.provider.misbehave({ act: 'answer', status: 503, body: 'html' })
  await stage.adopt(connections)
  await stage.kill(first)
  const begun = performance.now()
  for (let start = 1; start < starts; start++) {
    const larder = await stage.spawn()
    await larder.ready()
    await wait(chance(seed, `life ${start}`) * 600)
    await stage.kill(larder)
  }
  const minutes = (performance.now() - begun) / 60_000
  // The provider processes no token here, so I2 finds nothing; `faultsOf` checks instead.
  const violations = await violationsAfter(stage, { larder: await stage.start() })
  const byFamily = Map.groupBy(await stage.provider.requests(), ({ family }) => family ?? '-')
  const counts = [...byFamily.values()].map(({ length }) => length)
  const { starts: startedAt } = stage
  const graceMs = graceSeconds * 1000
  return {
    starts,
    minutes,
    requests: counts.reduce((sum, count) => sum + count, 0),
    mostOfOne: Math.max(...counts),
    faults: [...byFamily].flatMap(([family, requests]) =>
      faultsOf(requests, { startedAt, graceMs }).map((fault) => `${family}: ${fault}`),
    ),
    violations,
  }
}

/**
 * Allowed uses of a token: one at a start within the grace of the first use, one after each back-off,
 * and after each of these one replay within two seconds.
 */
function faultsOf(
  requests: readonly RequestRecord[],
  { startedAt, graceMs }: { readonly startedAt: readonly number[]; readonly graceMs: number },
): string[] {
  const faults: string[] = []
  let [graceFrom, replays] = [requests[0]?.arrivedAt ?? 0, 0]
  for (const [index, { id, arrivedAt }] of requests.entries()) {
    const before = requests[index - 1]?.arrivedAt
    if (before === undefined) continue
    const isNewProcess = startedAt.some((at) => before < at && at <= arrivedAt)
    const isReplay = !isNewProcess && arrivedAt - before <= REPLAY_WITHIN_MS && replays === 0
    const grace = graceMs === 0 ? 0 : graceMs + REPLAY_WITHIN_MS
    const isInGrace = isNewProcess && arrivedAt - graceFrom <= grace
    const isAfterBackoff = arrivedAt - before >= BACKOFF_MS
    if (!isReplay && !isInGrace && !isAfterBackoff) {
      faults.push(`request ${id} came ${Math.round(arrivedAt - before)} ms after the one before`)
    }
    replays = isReplay ? 1 : 0
    if (arrivedAt - graceFrom > graceMs) graceFrom = arrivedAt
  }
  return faults
}

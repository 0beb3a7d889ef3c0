import type { Ports } from '../../src/ports/ports.ts'
import { atMost, exactly, type Figure, figure } from '../support/figures.ts'
import { type Held, observeStage } from '../support/observe-stage.ts'
import { check } from '../scripted-provider/checker/check.ts'
import { latenessOf, percentile } from '../scripted-provider/checker/load.ts'
import type { MisbehaviourName } from '../scripted-provider/misbehaviours/table.ts'
import type { Truth } from '../scripted-provider/truth.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'
import { type LossyNetwork, lossyNetwork, WAYS_TO_LOSE } from './lossy-network.ts'

const STEP_MS = 5 * 60_000
/** The step while a connection fails, because back-off lasts seconds. */
const SHORT_STEP_MS = 5_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Silence is waited for in real time. A real answer takes less than this, even the first one. */
const DEADLINE_MS = 1_500

export type TransientDays = {
  readonly seed: string
  readonly days: number
  readonly connections: number
  readonly requests: number
  readonly faults: number
  /** Number of different faults that occurred. */
  readonly kinds: number
  readonly disconnected: number
  readonly failingAtTheEnd: number
  readonly reuseRevocations: number
  readonly latenessP99Ms: number
  readonly violations: readonly string[]
}

/** Transient faults of the provider, which say nothing about a grant. */
const FAULTS: readonly MisbehaviourName[] = [
  'status-500',
  'status-502',
  'status-503',
  'status-503-retry-after',
  'throttled-seconds',
  'throttled-http-date',
  'firewall-403',
  'firewall-200',
  'body-html',
  'body-truncated',
  'temporarily-unavailable',
  'unknown-error',
  'reset-on-accept',
  'reset-after-headers',
  'reset-after-request',
  'reset-before-answer',
  'reset-mid-body',
  'close-mid-body',
  // These end at Larder's deadline.
  'silence',
  'stalls-mid-body',
  'drip',
  'slow-answer',
]
/** Those faults, and the ones that keep a request from reaching the provider. */
const KINDS = FAULTS.length + WAYS_TO_LOSE.length
/** The share of all requests that fail. */
const SHARE = 0.2
/** The share of each fault, because the faults are drawn independently. */
const FRACTION = 1 - (1 - SHARE) ** (1 / KINDS)

/** Simulates days on which one request in five fails, in changing ways. */
export async function transientDays(play: {
  readonly days: number
  readonly connections: number
  readonly seed: string
}): Promise<TransientDays> {
  const network = lossyNetwork({ seed: play.seed, fraction: FRACTION })
  await using stage = await openStage({
    profile: 'grace',
    graceMs: 60_000,
    provider: { refreshTokens: { graceSeconds: 60 } },
    seed: play.seed,
    egress: network.open,
    deadlineMs: DEADLINE_MS,
  })
  const held: Held[] = []
  for (let i = 0; i < play.connections; i++) held.push(await stage.adopt())
  for (const fault of FAULTS) await stage.provider.misbehave(fault, { fraction: FRACTION })
  await passTime(stage, play.days * DAY_MS)
  await stage.provider.behave()
  await passTime(stage, HOUR_MS)

  const truth = await stage.provider.truth()
  const events = await stage.ports.store.events({ after: 0, limit: 100_000, reach: OPERATOR })
  const latenessMs = latenessOf(truth, NOBODY)
  const seen = { ...(await observeStage(stage, held)), latenessMs }
  const limits = { latenessP99Ms: 0, requestsOfEach: requestsAllowed(play.days) }
  return {
    ...play,
    ...faultsOf(truth, network),
    disconnected: events.filter(({ type }) => type === 'connection.disconnected').length,
    failingAtTheEnd: await failing(stage.ports),
    reuseRevocations: truth.families.filter(({ revoked }) => revoked?.cause === 'reuse').length,
    latenessP99Ms: Math.round(percentile(latenessMs, 0.99)),
    violations: check(truth, seen, limits).map(({ message }) => message),
  }
}

export function transientFigures(report: TransientDays): readonly Figure[] {
  const { requests, faults, violations, latenessP99Ms } = report
  return [
    figure('days', report.days),
    figure('connections', report.connections),
    figure('requests', requests),
    figure('faults', `${faults}, one request in ${(requests / faults).toFixed(1)}`),
    figure('kinds of fault', `${report.kinds} of ${KINDS}`),
    figure('disconnected', report.disconnected, exactly(0, report.disconnected)),
    figure('failing at the end', report.failingAtTheEnd, exactly(0, report.failingAtTheEnd)),
    figure('revoked for reuse', report.reuseRevocations, exactly(0, report.reuseRevocations)),
    figure('without a token, p99', `${latenessP99Ms} ms`, atMost(0, latenessP99Ms, ' ms')),
    figure('violations', violations.length, exactly(0, violations.length)),
  ]
}

/** No grant is excused from lateness, because each fault is shorter than the refresh margin. */
const NOBODY: ReadonlySet<never> = new Set<never>()

/** Tokens of one hour need thirty refreshes a day. Faults may at most double that. */
function requestsAllowed(days: number): number {
  return 2 * 30 * (days + 1)
}

/** Moves the clock in long steps, and in short ones while a connection fails. */
async function passTime(stage: Stage, durationMs: number): Promise<void> {
  for (let [at, step] = [0, STEP_MS]; at < durationMs; at += step) {
    await stage.pass(step)
    await stage.refreshDue()
    step = (await failing(stage.ports)) > 0 ? SHORT_STEP_MS : STEP_MS
  }
}

function faultsOf({ requests }: Truth, { lost }: LossyNetwork) {
  const met = requests.flatMap(({ misbehaviour }) => misbehaviour ?? [])
  const onTheWay = Object.values(lost).reduce((sum, count) => sum + count, 0)
  return {
    requests: requests.length + onTheWay,
    faults: met.length + onTheWay,
    kinds:
      FAULTS.filter((name) => met.some((names) => names.split('+').includes(name))).length +
      Object.values(lost).filter((count) => count > 0).length,
  }
}

async function failing({ store, clock }: Pick<Ports, 'store' | 'clock'>): Promise<number> {
  const { byStatus } = await store.census(clock.now())
  return byStatus.reduce((sum, { status, count }) => sum + (status === 'failing' ? count : 0), 0)
}

import { atMost, exactly, type Figure, figure } from '../support/figures.ts'
import { type Held, observeStage } from '../support/observe-stage.ts'
import { check } from '../scripted-provider/checker/check.ts'
import { latenessOf } from '../scripted-provider/checker/load.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

const TICK_MS = 1_000
const MINUTE_MS = 60_000
/** Requests that are sent before the first answer arrives. */
const AT_ONCE = 4
const FIRST_WAIT_SECONDS = 30
const LONGEST_WAIT_SECONDS = 600
/** The longest wait, its random addition of up to a fifth, and the time for the refreshes. */
const HEALS_WITHIN_SECONDS = LONGEST_WAIT_SECONDS * 1.2 + 10

export type RefusedSecret = {
  readonly seed: string
  readonly minutes: number
  readonly connections: number
  readonly probes: number
  /** The waits between the probes. */
  readonly waitsSeconds: readonly number[]
  /** Waits that were shorter than the back-off of the circuit. */
  readonly tooEarly: number
  readonly alarms: number
  readonly disconnected: number
  readonly healed: number
  readonly healedAfterSeconds: number
  readonly violations: readonly string[]
}

/** Makes the provider refuse the client secret for the given time, then accept it again. */
export async function refusedSecret(play: {
  readonly minutes: number
  readonly connections: number
  readonly seed: string
}): Promise<RefusedSecret> {
  await using stage = await openStage({
    profile: 'strict',
    seed: play.seed,
    policy: { concurrencyPerProvider: AT_ONCE },
  })
  const held: Held[] = []
  for (let i = 0; i < play.connections; i++) {
    held.push(await stage.adopt({ accessTokenSeconds: 600 }))
  }
  const waitsSeconds = await refuseSecret(stage, play.minutes)
  const healed = stage.provider.now()
  for (let second = 0; second < 2 * HEALS_WITHIN_SECONDS; second++) {
    if ((await freshOnes(stage, held)) === held.length) break
    await tick(stage)
  }
  const healedAfterSeconds = Math.round((stage.provider.now() - healed) / 1000)
  const events = await stage.ports.store.events({ after: 0, limit: 10_000, reach: OPERATOR })
  const count = (type: string) => events.filter((event) => event.type === type).length
  return {
    ...play,
    probes: waitsSeconds.length + 1,
    waitsSeconds: waitsSeconds.map(Math.round),
    tooEarly: waitsSeconds.slice(AT_ONCE - 1).filter(isTooEarly).length,
    alarms: count('provider.misconfigured'),
    disconnected: count('connection.disconnected'),
    healed: await freshOnes(stage, held),
    healedAfterSeconds,
    violations: await violationsOf(stage, held, play.minutes),
  }
}

export function refusedFigures(report: RefusedSecret): readonly Figure[] {
  const { waitsSeconds, healed, healedAfterSeconds, connections, violations } = report
  return [
    figure('minutes', report.minutes),
    figure('connections', connections),
    figure('probes', report.probes),
    figure('waits, seconds', waitsSeconds.join(' ')),
    figure('shorter than the back-off', report.tooEarly, exactly(0, report.tooEarly)),
    figure('alarms', report.alarms, exactly(1, report.alarms)),
    figure('disconnected', report.disconnected, exactly(0, report.disconnected)),
    figure('recovered', healed, exactly(connections, healed)),
    figure(
      'recovered after',
      `${healedAfterSeconds} s`,
      atMost(HEALS_WITHIN_SECONDS, healedAfterSeconds, ' s'),
    ),
    figure('violations', violations.length, exactly(0, violations.length)),
  ]
}

/** Lets the provider refuse the secret. Returns the waits between Larder's requests in seconds. */
async function refuseSecret(stage: Stage, minutes: number): Promise<readonly number[]> {
  await stage.provider.setClientSecrets(['another one'])
  for (let at = 0; at < minutes * MINUTE_MS; at += TICK_MS) await tick(stage)
  const probes = await stage.provider.requests({ endpoint: 'token' })
  await stage.provider.setClientSecrets(stage.provider.client.secrets)
  const arrivals = probes.map(({ arrivedAt }) => arrivedAt / 1000)
  return arrivals.slice(1).map((at, i) => at - (arrivals[i] ?? 0))
}

async function tick(stage: Stage): Promise<void> {
  await stage.pass(TICK_MS)
  await stage.refreshDue()
}

/** Whether a wait is shorter than its back-off, which doubles up to the longest wait. */
function isTooEarly(seconds: number, index: number): boolean {
  return seconds < Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** index) - 1
}

async function freshOnes(stage: Stage, held: readonly Held[]): Promise<number> {
  const all = await Promise.all(held.map(({ connection }) => stage.stored(connection.id)))
  return all.filter(({ grant }) => grant.generation > 1).length
}

async function violationsOf(
  stage: Stage,
  held: readonly Held[],
  minutes: number,
): Promise<readonly string[]> {
  const truth = await stage.provider.truth()
  const seen = { ...(await observeStage(stage, held)), latenessMs: latenessOf(truth) }
  // All refreshes are late, but by no more than the refusal and one wait.
  const latenessP99Ms = minutes * MINUTE_MS + HEALS_WITHIN_SECONDS * 1000
  return check(truth, seen, { latenessP99Ms }).map(({ message }) => message)
}

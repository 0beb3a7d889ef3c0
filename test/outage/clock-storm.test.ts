import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { jobsOf } from '../../src/jobs/jobs.ts'
import { Schedule } from '../../src/jobs/schedule.ts'
import { ClockFollower } from '../../src/vault/upkeep/follow-clock.ts'
import { getToken } from '../../src/vault/tokens/get-token.ts'
import { expectNoViolation } from '../scripted-provider/checker/check.ts'
import { latenessOf } from '../scripted-provider/checker/load.ts'
import type { ServedToken } from '../scripted-provider/checker/observations.ts'
import { until } from '../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

const HOUR = 3_600_000
const CONNECTIONS = 200
const READERS = 8
const CAPS = { concurrencyPerProvider: 8, ratePerSecond: 30 }
/** Number of slow answers, which make the cap on concurrency count beside the rate. */
const SLOW = 40

// Larder sees the same in the first two cases: the wall clock ran ahead of the monotonic clock. Only in
// the first case have the tokens expired at the provider.
test.each([
  { what: 'is suspended for eight hours', byMs: 8 * HOUR, isOver: true, early: 0 },
  { what: 'has its clock set forward by three days', byMs: 72 * HOUR, isOver: false, early: 0 },
  // A refresh between the step and the next tick is repeated: its token cannot be told from an old one.
  { what: 'has its clock set back by three days', byMs: -72 * HOUR, isOver: false, early: 60 },
])(
  'if a machine $what, each connection is refreshed once, within the caps, and no expired token is served',
  async ({ byMs, isOver, early }) => {
    await using stage = await openStage({ profile: 'strict', policy: CAPS, clockSpeed: 1 })
    const adopted: Adopted[] = []
    for (let n = 0; n < CONNECTIONS; n++) adopted.push(await stage.adopt())
    const slow = adopted.slice(0, SLOW).map(({ family }) => family)
    await stage.provider.misbehave({ act: 'delay', before: 'answer', ms: 400 }, { family: slow })
    const stepped: number[] = []
    await using schedule = new Schedule(jobsOf(stage.ports, new ClockFollower(stage.ports, null)), {
      clock: stage.clock,
      report: {
        jobFailed: () => {},
        clockStepped: ({ byMs: by }) => void stepped.push(by),
        ticked: () => {},
      },
    })
    schedule.start()
    const served: ServedToken[] = []
    const over = new AbortController()
    const reading = Array.from({ length: READERS }, (_, reader) =>
      readAll(stage, adopted, { served, first: reader, over: over.signal }),
    )
    await until('all to be read', () => served.length > CONNECTIONS)
    expect(await stage.provider.requestCount()).toBe(0)

    stage.clock.shift(byMs)
    const passing = isOver ? stage.provider.advanceTime(byMs) : Promise.resolve()
    await Promise.all([
      passing,
      until('all to be refreshed', () => areFresh(stage, adopted), 60_000),
    ])
    over.abort()
    await Promise.all(reading)

    expect(stepped.map((by) => Math.round(by / HOUR))).toEqual([byMs / HOUR])
    const stored = await Promise.all(adopted.map((one) => storedTokenOf(stage, one)))
    const truth = await stage.provider.truth()
    expectNoViolation(
      truth,
      { served, stored, latenessMs: latenessOf(truth) },
      {
        // If the tokens have not expired, every user had a valid token all the time.
        latenessP99Ms: isOver ? null : 0,
        requests: CONNECTIONS + early,
        requestsOfEach: early === 0 ? 1 : 2,
        // Requests that are sent evenly arrive in small bursts.
        requestsPerSecond: CAPS.ratePerSecond + 2,
        requestsAtOnce: CAPS.concurrencyPerProvider,
      },
    )
  },
  90_000,
)

type Adopted = Awaited<ReturnType<Stage['adopt']>>

/** Reads one token after the other until `over`. A read may wait for a refresh. */
async function readAll(
  { ports, provider }: Stage,
  adopted: readonly Adopted[],
  how: { readonly served: ServedToken[]; readonly first: number; readonly over: AbortSignal },
): Promise<void> {
  const demand = { minTtlSeconds: 60, rejected: null }
  for (let n = how.first; !how.over.aborted; n += READERS) {
    const { family, connection } = adopted[n % adopted.length] as Adopted
    const askedAt = provider.now()
    const read = await getToken(ports, OPERATOR, { ...demand, target: { id: connection.id } })
    const accessToken = read.connection.grant.token?.secret.expose() ?? ''
    how.served.push({ family, accessToken, askedAt, answeredAt: provider.now(), minTtlMs: 60_000 })
    await wait(5)
  }
}

async function areFresh(stage: Stage, adopted: readonly Adopted[]): Promise<boolean> {
  for (const { connection } of adopted) {
    if ((await stage.stored(connection.id)).grant.generation === 1) return false
  }
  return true
}

async function storedTokenOf(stage: Stage, { family, connection }: Adopted) {
  const { grant } = await stage.stored(connection.id)
  return { family, refreshToken: grant.refreshToken?.open().expose() ?? '' }
}

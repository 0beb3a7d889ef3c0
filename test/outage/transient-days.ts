import type { Ports } from '../../src/ports.ts'
import { refreshDue } from '../../src/vault/refresh-due.ts'
import { until } from '../support/until.ts'
import { openStage, OPERATOR } from '../support/vault-stage.ts'

const STEP_MS = 5 * 60_000
/** While something fails: back-off is a matter of seconds. */
const SHORT_STEP_MS = 5_000
const DAY_MS = 24 * 3_600_000

export type TransientDays = {
  readonly seed: string
  readonly days: number
  readonly connections: number
  readonly refreshesAnswered: number
  readonly faults: number
  readonly disconnected: number
  readonly failingAtTheEnd: number
  readonly reuseRevocations: number
}

/** Everything that goes wrong for a while and means nothing for a grant. */
const FAULTS = [
  { act: 'answer', status: 500, body: 'html' },
  { act: 'answer', status: 502, body: 'empty' },
  { act: 'answer', status: 503, body: 'empty', headers: { 'retry-after': '30' } },
  { act: 'answer', status: 429, body: 'empty', headers: { 'retry-after': '60' } },
  { act: 'answer', status: 403, body: 'firewall-html' },
  { act: 'answer', status: 200, body: 'html' },
  { act: 'answer', status: 200, body: 'truncated', processed: true },
  { act: 'refuse', error: 'temporarily_unavailable' },
  { act: 'cut', after: 'accept', ending: 'reset' },
  { act: 'cut', after: 'request', ending: 'reset' },
  { act: 'cut', after: 'processing', ending: 'reset' },
  { act: 'cut', after: 'part-of-body', ending: 'reset' },
] as const

/** Days of a provider that fails one request in five, each in another way, played in minutes. */
export async function transientDays(play: {
  readonly days: number
  readonly connections: number
  readonly seed?: string
}): Promise<TransientDays> {
  await using stage = await openStage({
    profile: 'grace',
    graceMs: 60_000,
    provider: { refreshTokens: { graceSeconds: 60 } },
    ...(play.seed === undefined ? {} : { seed: play.seed }),
  })
  for (let i = 0; i < play.connections; i++) await stage.adopt()
  for (const fault of FAULTS)
    await stage.provider.misbehave(fault, { fraction: 0.2 / FAULTS.length })
  for (let at = 0, step = STEP_MS; at < play.days * DAY_MS; at += step) {
    stage.clock.pass(step)
    await stage.provider.advanceTime(step)
    await drain(stage.ports)
    step = (await failing(stage.ports)) > 0 ? SHORT_STEP_MS : STEP_MS
  }
  const faults = (await stage.provider.requests({ endpoint: 'token' })).filter(
    ({ misbehaviour }) => misbehaviour !== null,
  )
  const answered = (await stage.provider.requestCount()) - faults.length
  await stage.provider.behave()
  const events = await stage.ports.store.events({ after: 0, limit: 100_000, reach: OPERATOR })
  const { families } = await stage.provider.truth()
  return {
    seed: stage.provider.seed,
    days: play.days,
    connections: play.connections,
    refreshesAnswered: answered,
    faults: faults.length,
    disconnected: events.filter(({ type }) => type === 'connection.disconnected').length,
    failingAtTheEnd: await failing(stage.ports),
    reuseRevocations: families.filter(({ revoked }) => revoked?.cause === 'reuse').length,
  }
}

async function failing({ store, clock }: Pick<Ports, 'store' | 'clock'>): Promise<number> {
  const { byStatus } = await store.census(clock.now())
  return byStatus.reduce((sum, { status, count }) => sum + (status === 'failing' ? count : 0), 0)
}

/** Scans until a scan finds nothing to do, as the schedule would within the step. */
async function drain(ports: Ports): Promise<void> {
  while ((await refreshDue(ports)) > 0)
    await until('the flights to land', () => ports.flights.size === 0, 60_000)
}

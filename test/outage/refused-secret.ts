import { refreshDue } from '../../src/vault/refresh-due.ts'
import { until } from '../support/until.ts'
import { openStage, OPERATOR } from '../support/vault-stage.ts'

const TICK_MS = 1_000

export type RefusedSecret = {
  readonly seed: string
  readonly minutes: number
  readonly connections: number
  readonly probes: number
  /** Between the first and the last probe, each wait in seconds. */
  readonly waitsSeconds: readonly number[]
  readonly alarms: number
  readonly disconnected: number
  readonly healedAfterSeconds: number
}

/** The provider refuses the client's secret for so long; then it takes it again. */
export async function refusedSecret(play: {
  readonly minutes: number
  readonly connections: number
}): Promise<RefusedSecret> {
  await using stage = await openStage({ profile: 'strict' })
  for (let i = 0; i < play.connections; i++) await stage.adopt({ accessTokenSeconds: 600 })
  const pass = async (ms: number) => {
    stage.clock.pass(ms)
    await stage.provider.advanceTime(ms)
    await refreshDue(stage.ports)
    await until('the flights to land', () => stage.ports.flights.size === 0)
  }
  await stage.provider.setClientSecrets(['another one'])
  const begun = stage.provider.now()
  for (let at = 0; at < play.minutes * 60_000; at += TICK_MS) await pass(TICK_MS)
  const probes = await stage.provider.requests({ endpoint: 'token' })

  await stage.provider.setClientSecrets(stage.provider.client.secrets)
  const allFresh = async () => {
    const ids = await stage.ports.store.connectionIds(null, play.connections)
    const all = await Promise.all(ids.map((id) => stage.stored(id)))
    return all.every(({ grant }) => grant.generation > 1)
  }
  const healed = stage.provider.now()
  while (!(await allFresh())) await pass(TICK_MS)
  const events = await stage.ports.store.events({ after: 0, limit: 10_000, reach: OPERATOR })
  const count = (type: string) => events.filter((event) => event.type === type).length
  const arrivals = probes.map(({ arrivedAt }) => (arrivedAt - begun) / 1000)
  return {
    seed: stage.provider.seed,
    minutes: play.minutes,
    connections: play.connections,
    probes: probes.length,
    waitsSeconds: arrivals.slice(1).map((at, i) => Math.round(at - (arrivals[i] ?? 0))),
    alarms: count('provider.misconfigured'),
    disconnected: count('connection.disconnected'),
    healedAfterSeconds: Math.round((stage.provider.now() - healed) / 1000),
  }
}

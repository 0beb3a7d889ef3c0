import { expect, test } from 'vitest'
import type { LiveConnection } from '../../src/core/connection/connection.ts'
import { getToken } from '../../src/vault/tokens/get-token.ts'
import { refreshDue } from '../../src/vault/upkeep/refresh-due.ts'
import { openCrashStage } from '../crash/crash-stage.ts'
import { until } from '../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const READS = 2_000
const AT_ONCE = 20
/** A refusal that leaves no attempt open, so that no rescue follows. */
const ODD = { act: 'answer', status: 401, body: { json: { error: 'odd' } } } as const

test('2,000 fast reads of a disconnected and a failing connection cause no request to the provider', async () => {
  await using stage = await openCrashStage({
    provider: { profile: 'strict', accessTokenSeconds: 2 },
    refresh: { backoffFirstSeconds: 600 },
  })
  const { api, provider } = stage
  await stage.start()
  const [dead, failing] = await stage.adopt(2)
  if (dead === undefined || failing === undefined) throw new Error('no connection was imported')
  await provider.revokeGrant(dead.family)
  await provider.misbehave(ODD, { family: failing.family })
  for (const { id } of [dead, failing]) await api.post(`/v1/connections/${id}/refresh`)
  const isOver = async ({ id }: { id: string }) =>
    (await api.get(`/v1/connections/${id}/token`)).status !== 200
  await until('both tokens to expire', async () => (await isOver(dead)) && (await isOver(failing)))

  const before = (await provider.requests()).at(-1)?.id ?? 0
  api.answers.length = 0
  const poll = async (from: number) => {
    for (let n = from; n < READS; n += AT_ONCE) {
      await api.get(`/v1/connections/${n % 2 === 0 ? dead.id : failing.id}/token`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, from) => poll(from)))
  const told = api.answers.map(({ status, body }) => `${status} ${(body as { code: string }).code}`)
  expect(new Set(told)).toEqual(new Set(['409 reconnect_required', '503 provider_unavailable']))
  expect(told).toHaveLength(READS)
  expect(await provider.requests({ after: before })).toEqual([])
}, 120_000)

test('polling adds no requests: a failing connection follows its back-off, a disconnected connection its probe schedule', async () => {
  await using stage = await openStage({ profile: 'plain' })
  const failing = await stage.adopt({ accessTokenSeconds: 60 })
  await stage.provider.misbehave(ODD, { family: failing.family })
  await live(stage, failing.connection, { forMs: 600 * SECOND, stepMs: SECOND })
  // Back-off from 10 s, doubling, each wait at least half: 5 + 10 + 20 + 40 + 80 + 160 s fit in 600 s.
  const requests = await stage.provider.requests({ family: failing.family })
  expect(requests.length).toBeLessThanOrEqual(7)
  expect(requests.length).toBeGreaterThan(3)

  const dead = await stage.adopt({ accessTokenSeconds: 60 })
  await stage.provider.revokeGrant(dead.family)
  await live(stage, dead.connection, { forMs: 36 * HOUR, stepMs: 60 * SECOND })
  // At the disconnection, then after 1, 6 and 24 hours.
  expect((await stage.provider.requests({ family: dead.family })).length).toBe(4)
}, 120_000)

/** At each step, moves the clock, reads the token and runs the schedule. */
async function live(
  stage: Stage,
  { id }: LiveConnection,
  { forMs, stepMs }: { readonly forMs: number; readonly stepMs: number },
): Promise<void> {
  const demand = { target: { id }, minTtlSeconds: 60, rejected: null }
  for (let at = 0; at < forMs; at += stepMs) {
    stage.clock.pass(stepMs)
    await getToken(stage.ports, OPERATOR, demand).catch(() => null)
    await refreshDue(stage.ports)
    await until('the flights to land', () => stage.ports.flights.size === 0)
  }
}

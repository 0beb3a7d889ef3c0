import { expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const AWAY = { act: 'answer', status: 503, body: 'html', processed: false } as const

test.each([
  [1, 35],
  [1, 55],
  [8, 35],
  [8, 55],
])(
  'one of %d expired tokens is served again soon after an outage of %d s',
  async (connections, outage) => {
    await using stage = await openStage({ profile: 'plain' })
    const ids: ConnectionId[] = []
    for (let index = 0; index < connections; index++) ids.push(await adoptExpired(stage))
    const away = await stage.provider.misbehave(AWAY)
    for (let second = 0; second < outage; second++) {
      expect(await serveASecond(stage, ids)).toBe(0)
    }
    await stage.provider.behave(away)
    let waited = 0
    while ((await serveASecond(stage, ids)) === 0) waited++
    expect(waited).toBeLessThanOrEqual(40)
  },
)

test('a caller that asks every second causes few requests while the provider is down', async () => {
  await using stage = await openStage({ profile: 'plain' })
  const id = await adoptExpired(stage)
  await stage.provider.misbehave({ ...AWAY, status: 400, headers: { 'retry-after': '1' } })
  for (let second = 0; second < 600; second++) expect(await serveASecond(stage, [id])).toBe(0)
  // Each wait is half of the outage so far, or doubled by the circuit; later it is a minute.
  const sent = await stage.provider.requestCount()
  expect(sent).toBeGreaterThan(8)
  expect(sent).toBeLessThanOrEqual(24)
})

test('after a refusal or a Retry-After, a token read sends no request before the wait is over', async () => {
  for (const deed of [
    { act: 'answer', status: 400, body: { json: { error: 'invalid_request' } } },
    { act: 'answer', status: 429, body: 'empty', headers: { 'retry-after': '300' } },
  ] as const) {
    await using stage = await openStage({ profile: 'plain', policy: { backoffFirstMs: MINUTE } })
    const id = await adoptExpired(stage)
    await stage.provider.misbehave(deed)
    for (let second = 0; second < 25; second++) await serveASecond(stage, [id])
    expect(await stage.provider.requestCount()).toBe(1)
  }
})

async function adoptExpired(stage: Stage): Promise<ConnectionId> {
  const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
  stage.clock.pass(2 * MINUTE)
  return connection.id
}

/** Runs the schedule and one read of each token, and returns how many were served. */
async function serveASecond({ ports, clock }: Stage, ids: readonly ConnectionId[]) {
  clock.pass(SECOND)
  await refreshDue(ports)
  const demand = { minTtlSeconds: 0, rejected: null }
  const reads = ids.map((id) => getToken(ports, OPERATOR, { target: { id }, ...demand }))
  const served = (await Promise.allSettled(reads)).filter(({ status }) => status === 'fulfilled')
  await until('the flights to land', () => ports.flights.size === 0)
  return served.length
}

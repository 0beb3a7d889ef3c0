import { expect, test } from 'vitest'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { SingleFlights } from '../../../src/vault/refresh/flights.ts'
import { refreshProblem } from '../../../src/vault/refresh/refresh-problem.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

// Two refreshes share only the database, as two processes would.

test("a refresh whose lease another process holds sends nothing and returns the holder's result", async () => {
  await using stage = await openStage()
  const { connection, family } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const holder = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => (await requests(stage)) === 1)
  const waiter = refresh(beside(stage), await stage.stored(connection.id), 'forced')
  await stage.provider.behave(held)
  const [first, second] = await Promise.all([holder, waiter])
  expect(first).toMatchObject({ kind: 'refreshed', connection: { grant: { generation: 2 } } })
  expect(second).toMatchObject({ kind: 'refreshed', connection: { grant: { generation: 2 } } })
  expect(await requests(stage)).toBe(1)
  expect((await stage.provider.family(family)).revoked).toBeNull()
})

test('a refresh that waits longer than the deadline for a lease returns 503 and sends nothing', async () => {
  await using stage = await openStage()
  const { connection, family } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const holder = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => (await requests(stage)) === 1)
  const { deadlineMs, leaseMs } = stage.ports.policy
  expect(deadlineMs).toBeLessThan(leaseMs)
  const waited = { ms: 0 }
  const waiting = { ...beside(stage), clock: hurried(stage, waited) }
  const result = await refresh(waiting, await stage.stored(connection.id), 'asked')
  expect(waited.ms).toBeGreaterThanOrEqual(deadlineMs)
  expect(waited.ms).toBeLessThan(leaseMs)
  expect(result).toMatchObject({ kind: 'held', reason: 'busy' })
  if (result.kind !== 'held') throw new Error(`it is ${result.kind}`)
  expect(refreshProblem(result, stage.clock.now())).toMatchObject({
    code: 'provider_unavailable',
    extras: { reason: 'busy', retryAfterSeconds: 1 },
  })
  expect(await requests(stage)).toBe(1)
  await stage.provider.behave(held)
  expect((await holder).kind).toBe('refreshed')
  expect((await stage.provider.family(family)).revoked).toBeNull()
})

test('the tokens of a late answer for a grant that another replica rotated are dropped, not revoked', async () => {
  await using stage = await openStage({ profile: 'grace' })
  const { connection, family } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const paused = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => (await requests(stage)) === 1)
  // The holder sleeps past its lease, like a suspended machine.
  stage.clock.pass(stage.ports.policy.leaseMs)
  const other = await refresh(beside(stage), await stage.stored(connection.id), 'forced')
  await stage.provider.behave(held)
  expect(await paused).toMatchObject({
    kind: 'refreshed',
    connection: { grant: { generation: 2 } },
  })
  const stands = await stage.stored(connection.id)
  expect(other.kind === 'refreshed' && other.connection.grant.generation).toBe(2)
  expect(stands.grant.generation).toBe(2)
  await deliverRevocations(stage.ports)
  expect((await stage.provider.family(family)).revoked).toBeNull()
})

test('a late refusal of a token that another replica rotated does not disconnect the connection', async () => {
  await using stage = await openStage({ profile: 'strict', reuse: 'refuse' })
  const { connection, family } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'processing' }, { next: 1 })
  const paused = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => (await requests(stage)) === 1)
  stage.clock.pass(stage.ports.policy.leaseMs)
  const other = await refresh(beside(stage), await stage.stored(connection.id), 'forced')
  expect(other).toMatchObject({ kind: 'refreshed', connection: { grant: { generation: 2 } } })
  await stage.provider.behave(held)
  expect(await paused).toMatchObject({
    kind: 'refreshed',
    connection: { grant: { generation: 2 } },
  })
  const answers = await stage.provider.requests({ endpoint: 'token' })
  expect(answers.map(({ refused }) => refused)).toEqual(['invalid_grant', null])
  const stands = await stage.stored(connection.id)
  expect(stands).toMatchObject({ status: 'active', failure: null, attempt: null })
  const { current, revoked } = await stage.provider.family(family)
  expect(stands.grant.refreshToken?.open().expose()).toBe(current)
  expect(revoked).toBeNull()
  const told = await stage.ports.store.events({ after: 0, limit: 100, reach: OPERATOR })
  expect(told.map(({ type }) => type)).not.toContain('connection.disconnected')
})

test('no database lock is held during the request to the provider', async () => {
  await using stage = await openStage()
  const { connection } = await stage.adopt()
  const held = await stage.provider.misbehave({ act: 'hold', before: 'answer' }, { next: 1 })
  const flight = refresh(stage.ports, connection, 'scheduled')
  await until('it to be at the provider', async () => (await requests(stage)) === 1)
  let hasLanded = false
  void flight.finally(() => (hasLanded = true))
  const other = await stage.adopt()
  expect((await stage.stored(other.connection.id)).status).toBe('active')
  expect(hasLanded).toBe(false)
  await stage.provider.behave(held)
  expect((await flight).kind).toBe('refreshed')
})

/** Another process on the same vault: it shares only the database. */
function beside({ ports }: Stage): Stage['ports'] {
  return { ...ports, flights: new SingleFlights() }
}

/** A clock whose waits end at once and advance the time of all. */
function hurried({ clock }: Stage, waited: { ms: number }): Stage['ports']['clock'] {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: async (ms) => {
      waited.ms += ms
      clock.pass(ms)
    },
  }
}

async function requests(stage: Stage): Promise<number> {
  return (await stage.provider.requests({ endpoint: 'token' })).length
}

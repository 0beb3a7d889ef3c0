import { describe, expect, test } from 'vitest'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { Secret } from '../../../src/core/base/secret.ts'
import type { Clock, Ports } from '../../../src/ports/ports.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { importBatch } from '../../../src/vault/import/import-batch.ts'
import { draftFromTokens } from '../../../src/vault/import/import-tokens.ts'
import { Lanes } from '../../../src/vault/refresh/lanes.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { refreshNow } from '../../../src/vault/tokens/refresh-now.ts'
import { until } from '../../support/until.ts'
import { ACME, NOTHING, openStage, OPERATOR, OTHER, type Stage } from '../../support/vault-stage.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

test('a provider that hangs with two hundred due connections delays no other provider', async () => {
  await using stage = await openStage({ policy: { deadlineMs: MINUTE } })
  await using held = new AsyncDisposableStack()
  held.defer(async () => stage.provider.behave())
  const hanging = await adopt(stage, 200)
  const others = await adopt(stage, 20, OTHER)
  const families = hanging.map(({ family }) => family)
  await stage.provider.misbehave({ act: 'hold', before: 'processing' }, { family: families })
  stage.clock.pass(2 * MINUTE)
  await refreshDue(stage.ports)
  await until('the others to be refreshed', () => areRefreshed(stage, others))
  await stage.provider.until({ count: 4 + 20, phase: 'arrived' })
  const requests = await stage.provider.requests({ endpoint: 'token' })
  expect(requests.filter(({ answeredAt }) => answeredAt === null)).toHaveLength(4)
})

test('a requested refresh is sent before all refreshes that are only due', async () => {
  await using stage = await openStage({ policy: { concurrencyPerProvider: 1 } })
  const adopted = await adopt(stage, 30)
  stage.clock.pass(2 * MINUTE)
  const fresh = await stage.adopt()
  const last = await lastOf(stage, adopted)
  const held = await stage.provider.misbehave({ act: 'hold', before: 'processing' }, { next: 1 })
  expect(await refreshDue(stage.ports)).toBe(30)
  await stage.provider.until({ count: 1, phase: 'arrived' })
  // One is queued already, the other is not due.
  const asked = [
    read(stage.ports, last.connection.id),
    refreshNow(stage.ports, OPERATOR, fresh.connection.id),
  ]
  await until('both to be queued', () => stage.ports.flights.size === 31)
  await stage.provider.behave(held)
  await Promise.all(asked)
  await until('all to be refreshed', () => areRefreshed(stage, adopted))
  const order = (await stage.provider.requests({ endpoint: 'token' })).map(({ family }) => family)
  expect(order).toHaveLength(31)
  expect(new Set(order.slice(1, 3))).toEqual(new Set([last.family, fresh.family]))
})

test('the first scan after a start begins few refreshes and later scans more, and a reader does not wait for them', async () => {
  await using stage = await openStage({ policy: { ratePerSecond: 100 } })
  const adopted = await adopt(stage, 110)
  stage.clock.pass(2 * MINUTE)
  const { ports, since } = startAgain(stage)
  const last = await lastOf(stage, adopted)
  const begun: number[] = []
  for (; begun.length < 5; since.ms = begun.length * SECOND) {
    begun.push(await refreshDue(ports))
    if (begun.length === 1) await read(ports, last.connection.id)
    await until('the flights to land', () => ports.flights.size === 0)
  }
  expect(begun.slice(0, 4)).toEqual([10, 19, 28, 37])
  expect(await areRefreshed(stage, adopted)).toBe(true)
})

test('connections that failed in an outage are refreshed one after the other in a single scan', async () => {
  await using stage = await openStage()
  const adopted = await adopt(stage, 12)
  await failAll(stage, adopted)
  stage.clock.pass(2 * MINUTE)
  // They have one slot in four, and each that ends leaves it to the next.
  expect(await refreshDue(stage.ports)).toBe(1)
  await until('all to be refreshed', () => areRefreshed(stage, adopted))
})

test('a scan starts imports at the configured rate, after connections in use', async () => {
  await using stage = await openStage({ policy: { concurrencyPerProvider: 1, ratePerSecond: 20 } })
  const used = await adopt(stage, 1)
  stage.clock.pass(2 * MINUTE)
  const imports = await bring(stage, 40)
  await stage.provider.misbehave({ act: 'hold', before: 'processing' }, { next: 1 })
  const due = await stage.ports.store.dueConnections(ACME, stage.clock.now(), {
    among: 'unproven',
    limit: 100,
  })
  expect(due.toSorted()).toEqual(imports.toSorted())
  expect(await refreshDue(stage.ports)).toBe(20)
  await stage.provider.until({ count: 1, phase: 'arrived' })
  const [first] = await stage.provider.requests({ endpoint: 'token' })
  expect(first?.family).toBe(used[0]?.family)
  await stage.provider.behave()
  await until('all to be proven', async () => {
    await refreshDue(stage.ports)
    const all = await Promise.all(imports.map((id) => stage.stored(id)))
    return all.every(({ status }) => status === 'active')
  })
})

test('a connection in use is refreshed without delay by any number of imports that are being verified', async () => {
  await using stage = await openStage({ policy: { concurrencyPerProvider: 1, ratePerSecond: 20 } })
  const used = await adopt(stage, 1)
  stage.clock.pass(2 * MINUTE)
  const held = await stage.provider.misbehave({ act: 'hold', before: 'processing' }, { next: 1 })
  const imported = bring(stage, 40, 'verified')
  await stage.provider.until({ count: 1, phase: 'arrived' })
  await until('all lines to wait', () => stage.ports.flights.size === 40)
  expect(await refreshDue(stage.ports)).toBe(1)
  await stage.provider.behave(held)
  await imported
  const order = (await stage.provider.requests({ endpoint: 'token' })).map(({ family }) => family)
  expect(order.indexOf(used[0]?.family ?? null)).toBe(1)
})

describe('a scan that finds many due refreshes', () => {
  test('starts those of each provider in equal parts, spread over the time until the next scan', async () => {
    await using stage = await openStage({ policy: FAST })
    const adopted = await adopt(stage, 280)
    const { ports, waits } = startRecordingWaits(stage)
    expect(await refreshDue(ports)).toBe(280)
    await until('all to be refreshed', () => areRefreshed(stage, adopted))
    const parts = Array.from({ length: 19 }, (_, index) => (index + 1) * 50)
    expect(waits).toEqual(parts.flatMap((ms) => Array.from({ length: 14 }, () => ms)))
  })

  test('does not refresh a connection again that a caller refreshed before its part', async () => {
    await using stage = await openStage({ policy: FAST })
    const adopted = await adopt(stage, 20)
    const held = Promise.withResolvers<undefined>()
    const { ports } = startRecordingWaits(stage, held.promise)
    expect(await refreshDue(ports)).toBe(20)
    await until('the first part to be refreshed', async () => (await tokenRequests(stage)) === 1)
    await Promise.all(adopted.map(({ connection }) => read(ports, connection.id)))
    expect(await tokenRequests(stage)).toBe(20)
    held.resolve(undefined)
    await until('the last part to end', () => ports.flights.size === 0)
    expect(await tokenRequests(stage)).toBe(20)
  })

  test('starts no further part when the process stops', async () => {
    await using stage = await openStage({ policy: FAST })
    await adopt(stage, 20)
    const held = Promise.withResolvers<undefined>()
    const { ports } = startRecordingWaits(stage, held.promise)
    expect(await refreshDue(ports)).toBe(20)
    await until('the first part to be refreshed', async () => (await tokenRequests(stage)) === 1)
    await ports.flights.land()
    held.resolve(undefined)
    await until('the other parts to end', () => ports.flights.size === 0)
    expect(await tokenRequests(stage)).toBe(1)
  })
})

test('a refresh rate that is not a whole number is respected', async () => {
  await using stage = await openStage({ policy: { ratePerSecond: 4.5 } })
  const adopted = await adopt(stage, 3)
  stage.clock.pass(2 * MINUTE)
  expect(await refreshDue(stage.ports)).toBe(3)
  await until('all to be refreshed', () => areRefreshed(stage, adopted))
})

const FAST = { concurrencyPerProvider: 64, ratePerSecond: 1_000 }

/** The process after its ramp, all connections due. Its waits end at once, or with `end`. */
function startRecordingWaits(stage: Stage, end: Promise<undefined> = Promise.resolve(undefined)) {
  const { ports, since } = startAgain(stage)
  since.ms = MINUTE
  stage.clock.pass(2 * MINUTE)
  const waits: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    waits.push(ms)
    await end
  }
  const clock: Clock = {
    now: () => stage.clock.now(),
    monotonic: () => stage.clock.monotonic(),
    sleep,
  }
  return { ports: { ...ports, clock }, waits }
}

async function tokenRequests({ provider }: Stage): Promise<number> {
  return (await provider.requests({ endpoint: 'token' })).length
}

type Adopted = Awaited<ReturnType<Stage['adopt']>>

/** The access tokens expire after one minute. */
function adopt(stage: Stage, count: number, provider = ACME): Promise<readonly Adopted[]> {
  const how = { accessTokenSeconds: 60, demand: { provider } }
  return Promise.all(Array.from({ length: count }, () => stage.adopt(how)))
}

/** As if the last refresh of each had failed. */
async function failAll({ ports, clock }: Stage, adopted: readonly Adopted[]): Promise<void> {
  const now = clock.now()
  const failure = {
    reason: 'provider_unavailable',
    detail: 'timeout',
    since: now,
    attempts: 1,
  } as const
  await ports.store.write(async (trx) => {
    for (const { connection } of adopted) {
      const failing = { ...connection, status: 'failing', failure, dueAt: now } as const
      await trx.saveConnection(connection, failing)
    }
  })
}

/** Imports refresh tokens alone, with or without verify. */
async function bring(
  stage: Stage,
  count: number,
  how: 'unverified' | 'verified' = 'unverified',
): Promise<readonly ConnectionId[]> {
  const lines = (await stage.provider.mintGrants(count)).map(
    ({ account, refreshToken }) =>
      () =>
        draftFromTokens(stage.ports, OPERATOR, {
          ...NOTHING,
          userId: `user-${account.id}` as UserId,
          provider: ACME,
          accountId: account.id,
          refreshToken: new Secret(refreshToken),
        }),
  )
  const results = await importBatch(stage.ports, lines, how)
  return results.flatMap((result) => (result.kind === 'created' ? [result.connection.id] : []))
}

/** The connection that is due last. */
async function lastOf({ ports, clock }: Stage, adopted: readonly Adopted[]): Promise<Adopted> {
  const wanted = { among: 'healthy', limit: adopted.length } as const
  const due = await ports.store.dueConnections(ACME, clock.now(), wanted)
  const last = adopted.find(({ connection }) => connection.id === due.at(-1))
  if (last === undefined) throw new Error('nothing is due')
  return last
}

async function areRefreshed(stage: Stage, adopted: readonly Adopted[]): Promise<boolean> {
  const all = await Promise.all(adopted.map(({ connection }) => stage.stored(connection.id)))
  return all.every(({ grant }) => grant.generation === 2)
}

/** The same vault in a process that started `since.ms` ago. A wait for the rate adds to this time. */
function startAgain({ ports, clock }: Stage): { ports: Ports; since: { ms: number } } {
  const since = { ms: 0 }
  const ticking = {
    now: () => clock.now(),
    monotonic: () => since.ms,
    sleep: (ms: number) => {
      since.ms += ms
      return clock.sleep(ms)
    },
  }
  return { ports: { ...ports, traffic: new Lanes(ticking, ports.policy, []) }, since }
}

function read(ports: Ports, id: ConnectionId) {
  return getToken(ports, OPERATOR, { target: { id }, minTtlSeconds: 30, rejected: null })
}

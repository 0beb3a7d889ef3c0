import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../src/core/connection.ts'
import { VaultError } from '../../src/core/errors.ts'
import { catchUpWithClock, followClock } from '../../src/vault/follow-clock.ts'
import { getToken } from '../../src/vault/get-token.ts'
import { refresh } from '../../src/vault/refresh.ts'
import { refreshDue } from '../../src/vault/refresh-due.ts'
import { until } from '../support/until.ts'
import { openStage, OPERATOR, type Stage } from '../support/vault-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('a clock that is set back by days', () => {
  test('lends no token a longer life, and puts no refresh off', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({ accessTokenSeconds: 10 * 24 * 3600 })
    stage.clock.pass(5 * DAY)
    await setClock(stage, -3 * DAY)
    const turned = await stage.stored(connection.id)
    expect(endsIn(stage, turned)).toBeCloseTo(5 * DAY, -4)
    expect((turned.dueAt ?? 0) - stage.clock.now()).toBeLessThan(3 * DAY)
    expect(await refreshesWithin(stage, connection, 4 * DAY)).toBe(1)
  })

  test('serves no token that has ended, not even before it was noticed', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    stage.clock.pass(2 * HOUR)
    await stage.provider.misbehave({ act: 'answer', status: 503, body: 'empty' })
    stage.clock.shift(-3 * DAY)
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
    await followClock(stage.ports, -3 * DAY)
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('lets nobody wait for days in the moment before it is noticed', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await refresh(stage.ports, connection, 'forced')
    stage.clock.shift(-3 * DAY)
    const { grant } = (await read(stage, connection)).connection
    expect(grant.generation).toBe(3)
    expect(grant.token?.issuedAt).toBeLessThanOrEqual(stage.clock.now())
  })

  test('nor for as long where a refresh has failed', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await stage.provider.misbehave({ act: 'answer', status: 503, body: 'empty' })
    await refresh(stage.ports, connection, 'forced')
    stage.clock.shift(-3 * DAY)
    const refused: unknown = await read(stage, connection).catch((error: unknown) => error)
    if (!(refused instanceof VaultError)) throw new Error('it was served')
    expect(refused.code).toBe('provider_unavailable')
    expect(refused.extras.retryAfterSeconds).toBeLessThanOrEqual(3_600)
  })

  test('makes no storm: what was not due is not due', async () => {
    await using stage = await openStage({ profile: 'plain' })
    await Promise.all(Array.from({ length: 20 }, () => stage.adopt()))
    await setClock(stage, -3 * DAY)
    expect(await refreshDue(stage.ports)).toBe(0)
  })

  test('during a refresh does not make the new token seem younger than it is', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({ accessTokenSeconds: 60 })
    stage.clock.pass(2 * MINUTE)
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const reading = read(stage, connection)
    await until('it to be at the provider', async () => (await stage.provider.requestCount()) > 0)
    await setClock(stage, -3 * DAY)
    await stage.provider.behave()
    const served = await reading
    expect(endsIn(stage, served.connection)).toBeLessThanOrEqual(HOUR)
    expect(endsIn(stage, served.connection)).toBeGreaterThan(HOUR - MINUTE)
  })
})

describe('a clock that is set forward by days', () => {
  test('renews what seems to have ended, and loses nothing when it is set right again', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await setClock(stage, 3 * DAY)
    expect((await read(stage, connection)).connection.grant.generation).toBe(2)
    await setClock(stage, -3 * DAY)
    const again = await read(stage, connection)
    expect(again.connection.grant.generation).toBe(2)
    expect(endsIn(stage, again.connection)).toBeGreaterThan(HOUR - MINUTE)
    expect(await refreshesWithin(stage, connection, 49 * MINUTE)).toBe(1)
  })
})

describe('a machine that is suspended', () => {
  test('during a refresh does not take the token that it finds for a new one', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection, family } = await stage.adopt({ accessTokenSeconds: 60 })
    stage.clock.pass(2 * MINUTE)
    await stage.provider.misbehave({ act: 'hold', before: 'answer' })
    const reading = read(stage, connection).catch((error: unknown) => error)
    await stage.provider.until({ family, count: 1, phase: 'processed' })
    // The monotonic clock stood still meanwhile.
    stage.clock.shift(8 * HOUR)
    await stage.provider.advanceTime(8 * HOUR)
    await stage.provider.behave()
    expect(await reading).toMatchObject({ code: 'provider_unavailable' })
    const { grant } = (await read(stage, connection)).connection
    const { accessTokens } = await stage.provider.family(family)
    expect(grant.token?.secret.expose()).toBe(accessTokens.at(-1)?.token)
    expect(accessTokens.at(-1)?.expiresAt).toBeGreaterThan(stage.provider.now())
  })
})

describe('a start under a clock that is behind the last one', () => {
  test('trusts no token that can be renewed, and renews it', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const lastAliveAt = stage.clock.now()
    stage.clock.shift(-3 * DAY)
    expect(await catchUpWithClock(stage.ports, lastAliveAt)).toBeCloseTo(-3 * DAY, -3)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeLessThanOrEqual(0)
    expect(await refreshesWithin(stage, connection, 0)).toBe(1)
  })

  test('a clock that is right is left alone', async () => {
    await using stage = await openStage()
    expect(await catchUpWithClock(stage.ports, stage.clock.now() - DAY)).toBe(0)
    expect(await catchUpWithClock(stage.ports, null)).toBe(0)
  })
})

async function setClock(stage: Stage, byMs: number): Promise<void> {
  stage.clock.shift(byMs)
  await followClock(stage.ports, byMs)
}

function read(stage: Stage, { id }: Pick<LiveConnection, 'id'>) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}

function endsIn(stage: Stage, connection: LiveConnection): number {
  return (connection.grant.token?.expiresAt ?? 0) - stage.clock.now()
}

async function refreshesWithin(stage: Stage, { id }: LiveConnection, ms: number): Promise<number> {
  const { generation } = (await stage.stored(id)).grant
  stage.clock.pass(ms)
  await refreshDue(stage.ports)
  await until('the flights to land', () => stage.ports.flights.size === 0)
  return (await stage.stored(id)).grant.generation - generation
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { admission } from '../../../src/core/refresh/circuit.ts'
import type { LiveConnection } from '../../../src/core/connection/connection.ts'
import { StoreError, VaultError } from '../../../src/core/base/errors.ts'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import type { Ports } from '../../../src/ports/ports.ts'
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts'
import { catchUpWithClock, shiftClock } from '../../../src/vault/upkeep/shift-clock.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'
import { ShiftedClock } from '../../support/shifted-clock.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NEVER = new AbortController().signal

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
    await shiftClock(stage.ports, -3 * DAY, NEVER)
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

test('a clock that is set back holds no client for longer than it was asked to wait', async () => {
  await using stage = await openStage()
  const now = stage.clock.now()
  const client = stage.ports.endpoint.clientKey(ACME, null)
  const open = { reason: 'throttled', since: now, until: now + 5 * MINUTE } as const
  stage.ports.traffic.turn({ provider: ACME, client, failures: 5, open })
  await setClock(stage, -HOUR)
  const admitted = () => admission(stage.ports.traffic.circuit(ACME, client), stage.clock.now())
  expect(admitted()).toBe('held')
  stage.clock.pass(5 * MINUTE)
  expect(admitted()).toBe('probe')
})

test('very many connections are turned back without keeping everybody else from their turn', async () => {
  const pages = 50
  let [page, turns] = [0, 0]
  const id = 'con_1' as ConnectionId
  const store = {
    connectionIds: async () => (page++ < pages ? [id] : []),
    write: async () => {},
  }
  const ports = { clock: new ShiftedClock(), store, traffic: { turnBack: () => {} } }
  const counting = setInterval(() => turns++, 0)
  await shiftClock(ports as unknown as Ports, -HOUR, NEVER)
  clearInterval(counting)
  expect(turns).toBeGreaterThan(pages / 2)
})

describe('where the disk is full, the clock is followed', () => {
  test('once there is room, by a running process', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    stage.clock.shift(-3 * DAY)
    await shiftClock(withFullDisk(stage, 3), -3 * DAY, NEVER)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeCloseTo(HOUR, -4)
  })

  test('once there is room, by one that has started meanwhile', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const lastAliveAt = stage.clock.now()
    stage.clock.shift(-3 * DAY)
    await catchUpWithClock(withFullDisk(stage, 3), lastAliveAt, NEVER)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeGreaterThan(2 * DAY)
    await until('it to be turned back', async () => {
      return endsIn(stage, await stage.stored(connection.id)) <= 0
    })
  })

  test('never by one that ends first', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const ending = new AbortController()
    const following = shiftClock(withFullDisk(stage, Infinity), -3 * DAY, ending.signal)
    ending.abort()
    await following
  })
})

test('that the clock was set back is known until everything has followed it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-clock-'))
  await using cleaning = new AsyncDisposableStack()
  cleaning.defer(() => rm(dataDir, { recursive: true, force: true }))
  const clock = new ShiftedClock()
  const aheadBy = async () => {
    await using database = await openSqlite(dataDir)
    return (database.lastAliveAt ?? 0) - clock.now()
  }
  {
    await using vault = await openVaultStore({ dataDir, clock })
    await vault.store.probe()
  }
  clock.shift(-3 * DAY)
  {
    await using vault = await openVaultStore({ dataDir, clock })
    await vault.store.probe()
  }
  expect(await aheadBy()).toBeCloseTo(3 * DAY, -4)
  {
    await using vault = await openVaultStore({ dataDir, clock })
    await vault.store.write((trx) => trx.turnBackQueues(3 * DAY))
  }
  expect(await aheadBy()).toBeLessThanOrEqual(0)
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
    expect(await catchUpWithClock(stage.ports, lastAliveAt, NEVER)).toBeCloseTo(-3 * DAY, -3)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeLessThanOrEqual(0)
    expect(await refreshesWithin(stage, connection, 0)).toBe(1)
  })

  test('a clock that is right is left alone', async () => {
    await using stage = await openStage()
    expect(await catchUpWithClock(stage.ports, stage.clock.now() - DAY, NEVER)).toBe(0)
    expect(await catchUpWithClock(stage.ports, null, NEVER)).toBe(0)
  })
})

async function setClock(stage: Stage, byMs: number): Promise<void> {
  stage.clock.shift(byMs)
  await shiftClock(stage.ports, byMs, NEVER)
}

function read(stage: Stage, { id }: Pick<LiveConnection, 'id'>) {
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}

function withFullDisk({ ports }: Stage, writes: number): Ports {
  let left = writes
  const write: Ports['store']['write'] = async (work) => {
    if (left-- > 0) throw new StoreError('disk_full', null)
    return ports.store.write(work)
  }
  return { ...ports, store: { ...ports.store, write } }
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

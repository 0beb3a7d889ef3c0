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
import { ClockFollower } from '../../../src/vault/upkeep/follow-clock.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { openVaultStore } from '../../support/open-vault-store.ts'
import { ShiftedClock } from '../../support/shifted-clock.ts'
import { ACME, openStage, OPERATOR, type Stage } from '../../support/vault-stage.ts'
import { ON_POSTGRES } from '../../support/on-postgres.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('a clock that is set back by days', () => {
  test('a clock set back makes each refreshable token due for a refresh', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({ accessTokenSeconds: 10 * 24 * 3600 })
    stage.clock.pass(5 * DAY)
    await setClock(stage, -3 * DAY)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeLessThanOrEqual(0)
    expect(await refreshesWithin(stage, connection, 0)).toBe(1)
    expect((await read(stage, connection)).connection.grant.generation).toBe(2)
  })

  test('a clock set back does not lengthen the lifetime of a token without a refresh token', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt({
      accessTokenSeconds: 10 * 24 * 3600,
      demand: { refreshToken: null },
    })
    stage.clock.pass(5 * DAY)
    await setClock(stage, -3 * DAY)
    const held = await stage.stored(connection.id)
    expect(endsIn(stage, held)).toBeCloseTo(5 * DAY, -4)
    expect((held.dueAt ?? 0) - stage.clock.now()).toBeCloseTo(5 * DAY, -4)
  })

  test('an expired token is not served after the clock was set back, even before Larder notices the change', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    stage.clock.pass(2 * HOUR)
    await stage.provider.misbehave({ act: 'answer', status: 503, body: 'empty' })
    const follower = new ClockFollower(stage.ports, null)
    stage.clock.shift(-3 * DAY)
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
    await follower.follow()
    await expect(read(stage, connection)).rejects.toMatchObject({ code: 'provider_unavailable' })
  })

  test('a forced read under a clock set back does not wait for days, even before Larder notices the change', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await refresh(stage.ports, connection, 'forced')
    stage.clock.shift(-3 * DAY)
    const { grant } = (await read(stage, connection)).connection
    expect(grant.generation).toBe(3)
    expect(grant.token?.issuedAt).toBeLessThanOrEqual(stage.clock.now())
  })

  test('a token that was refreshed in the second before the clock was set back makes no caller wait', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const follower = new ClockFollower(stage.ports, null)
    await follower.follow()
    stage.clock.pass(900)
    await refresh(stage.ports, connection, 'forced')
    stage.clock.shift(-3 * DAY)
    await follower.follow()
    expect((await read(stage, connection)).connection.grant.generation).toBe(3)
  })

  test('a failing connection does not make callers wait for days after the clock was set back', async () => {
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

  test('a clock set back ends no back-off early', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await stage.provider.misbehave({ act: 'answer', status: 503, body: 'empty' })
    await refresh(stage.ports, connection, 'forced')
    const waitMs = ((await stage.stored(connection.id)).dueAt ?? 0) - stage.clock.now()
    expect(waitMs).toBeGreaterThan(MINUTE / 20)
    await setClock(stage, -3 * DAY)
    const { dueAt } = await stage.stored(connection.id)
    expect((dueAt ?? 0) - stage.clock.now()).toBeCloseTo(waitMs, -3)
    expect(await refreshDue(stage.ports)).toBe(0)
    stage.clock.pass(waitMs)
    expect(await refreshDue(stage.ports)).toBe(1)
  })

  test("a clock set back during a refresh does not lengthen the new token's lifetime", async () => {
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

test('an open circuit stops waiting when the clock is set back by an hour', async () => {
  await using stage = await openStage()
  const now = stage.clock.now()
  const client = stage.ports.endpoint.clientKey(ACME, null)
  const open = { reason: 'throttled', since: now, until: now + 5 * MINUTE } as const
  stage.ports.traffic.turn({ provider: ACME, client, failures: 5, open })
  await setClock(stage, -HOUR)
  expect(admission(stage.ports.traffic.circuit(ACME, client), stage.clock.now())).toBe('probe')
})

test('adapting many connections to a changed clock lets other work run in between', async () => {
  const pages = 50
  let [page, turns] = [0, 0]
  const id = 'con_1' as ConnectionId
  const store = {
    connectionIds: async () => (page++ < pages ? [id] : []),
    write: async () => {},
  }
  const clock = new ShiftedClock()
  const ports = { clock, store, traffic: { endWaits: () => {} } } as unknown as Ports
  const counting = setInterval(() => turns++, 0)
  await new ClockFollower(ports, clock.now() + HOUR).follow()
  clearInterval(counting)
  expect(turns).toBeGreaterThan(pages / 2)
})

describe('a clock that is set back while the disk is full', () => {
  test('a clock set back on a full disk is handled once there is room', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const follower = new ClockFollower(withFullDisk(stage, 2), null)
    stage.clock.shift(-3 * DAY)
    const isSuspect = async () => endsIn(stage, await stage.stored(connection.id)) <= 0
    for (let n = 0; n < 2; n++) {
      expect(await follower.follow()).toBeGreaterThan(0)
      expect(await isSuspect()).toBe(false)
    }
    expect(await follower.follow()).toBeGreaterThan(0)
    expect(await isSuspect()).toBe(true)
    expect(await follower.follow()).toBe(0)
  })

  test('a clock set back is handled by the next start if the process ends first', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const follower = new ClockFollower(stage.ports, null)
    stage.clock.shift(-3 * DAY)
    await follower.follow(AbortSignal.abort())
    expect(endsIn(stage, await stage.stored(connection.id))).toBeGreaterThan(2 * DAY)
    expect(await follower.follow()).toBeGreaterThan(0)
  })
})

test.skipIf(ON_POSTGRES)(
  'after the clock was set back, the stored heartbeat stays in the future until the change is handled',
  async () => {
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
      await vault.store.write((trx) => trx.endWaits(clock.now(), 0))
    }
    expect(await aheadBy()).toBeLessThanOrEqual(0)
  },
)

describe('a clock that is set forward by days', () => {
  test('a clock set forward refreshes tokens that seem expired, and once more when the clock is corrected', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    await setClock(stage, 3 * DAY)
    expect((await read(stage, connection)).connection.grant.generation).toBe(2)
    await setClock(stage, -3 * DAY)
    const again = await read(stage, connection)
    expect(again.connection.grant.generation).toBe(3)
    expect(endsIn(stage, again.connection)).toBeGreaterThan(HOUR - MINUTE)
    expect(await refreshesWithin(stage, connection, 49 * MINUTE)).toBe(1)
  })
})

describe('a machine that is suspended', () => {
  test('a token that expired while the machine was suspended during a refresh is not served', async () => {
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
  test('a start under a clock set back makes refreshable tokens due and refreshes them', async () => {
    await using stage = await openStage({ profile: 'plain' })
    const { connection } = await stage.adopt()
    const lastAliveAt = stage.clock.now()
    stage.clock.shift(-3 * DAY)
    const setBackBy = await new ClockFollower(stage.ports, lastAliveAt).follow()
    expect(setBackBy).toBeCloseTo(3 * DAY, -3)
    expect(endsIn(stage, await stage.stored(connection.id))).toBeLessThanOrEqual(0)
    expect(await refreshesWithin(stage, connection, 0)).toBe(1)
  })

  test('a start under a correct clock changes nothing', async () => {
    await using stage = await openStage()
    expect(await new ClockFollower(stage.ports, stage.clock.now() - DAY).follow()).toBe(0)
    expect(await new ClockFollower(stage.ports, null).follow()).toBe(0)
  })
})

async function setClock(stage: Stage, byMs: number): Promise<void> {
  const follower = new ClockFollower(stage.ports, null)
  stage.clock.shift(byMs)
  expect((await follower.follow()) > 0).toBe(byMs < 0)
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

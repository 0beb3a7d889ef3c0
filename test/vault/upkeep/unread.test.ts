import { describe, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import { NotedReads } from '../../../src/vault/tokens/last-reads.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { writeLastReads } from '../../../src/vault/upkeep/write-last-reads.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR, type Stage, type StageOptions } from '../../support/vault-stage.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const POLICY = { keepFreshMs: 5 * DAY }

describe('a connection that no caller reads', () => {
  test('an unread connection is refreshed weekly if the provider states no idle timeout', async () => {
    await using stage = await openUnread()
    const { connection } = await stage.adopt()
    const refreshes = await hoursWith(stage, 60 * DAY, 6 * HOUR)
    // 4 a day at first, because the token lives an hour, then one in 6.3 to 7 days.
    expect(refreshes.slice(0, 5 * 4).every((hour, at) => hour === 6 * (at + 1))).toBe(true)
    const gaps = gapsAfter(refreshes, 9 * DAY)
    expect(gaps.length).toBeGreaterThan(3)
    for (const gap of gaps) expect(gap).toBeGreaterThan(6 * 24)
    expect((await stage.stored(connection.id)).status).toBe('active')
  })

  test.each([
    [30, 15],
    [90, 45],
  ])(
    'an unread connection is refreshed before half of an idle timeout of %d days',
    async (idleDays, halfDays) => {
      const refreshTokens = { idleSeconds: (idleDays * DAY) / 1_000 }
      await using stage = await openUnread({ provider: { refreshTokens } })
      await stage.adopt()
      const gaps = gapsAfter(await hoursWith(stage, 5 * halfDays * DAY, 12 * HOUR), 9 * DAY)
      expect(gaps.length).toBeGreaterThan(2)
      // A step of this test is half a day.
      for (const gap of gaps) {
        expect(gap).toBeGreaterThan(0.89 * halfDays * 24)
        expect(gap).toBeLessThanOrEqual(halfDays * 24 + 12)
      }
    },
  )

  test('a rotating refresh token that ends is renewed before its end', async () => {
    const refreshTokens = { lifetimeSeconds: (3 * DAY) / 1_000 }
    await using stage = await openUnread({ profile: 'strict', provider: { refreshTokens } })
    const { connection } = await stage.adopt()
    await hoursWith(stage, 20 * DAY, 6 * HOUR)
    expect((await stage.stored(connection.id)).status).toBe('active')
  })

  test('the refreshes of a connection that is read once a day continue', async () => {
    await using stage = await openUnread()
    const { connection } = await stage.adopt()
    for (let day = 0; day < 20; day++) {
      await read(stage, connection.id)
      await hoursWith(stage, DAY, 6 * HOUR)
    }
    const { dueAt } = await stage.stored(connection.id)
    expect(dueAt).toBeLessThanOrEqual(stage.clock.now() + HOUR)
  })

  test('the refreshes of an unread connection continue by default', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt()
    for (let month = 0; month < 24; month++) {
      await stage.pass(30 * DAY)
      await stage.refreshDue()
    }
    const { dueAt, lastReadAt } = await stage.stored(connection.id)
    expect(dueAt).toBeLessThanOrEqual(stage.clock.now() + HOUR)
    await read(stage, connection.id)
    expect(await writeLastReads(stage.ports)).toBe(0)
    expect(lastReadAt).toBeNull()
  })
})

describe('a paused connection', () => {
  test('a paused connection is not overdue, and stays active', async () => {
    await using stage = await openUnread()
    const { id } = await pausedConnection(stage)
    await stage.pass(2 * DAY)
    const census = await stage.ports.store.census(stage.clock.now())
    expect(census.oldestDue).toEqual([])
    expect(await stage.stored(id)).toMatchObject({ status: 'active', failure: null })
  })

  test('fifty reads of a paused connection share one refresh, and keep it fresh again', async () => {
    await using stage = await openUnread()
    const { id } = await pausedConnection(stage)
    await stage.pass(2 * DAY)
    const before = await refreshCount(stage)
    const served = await Promise.all(Array.from({ length: 50 }, () => read(stage, id)))
    expect(new Set(served).size).toBe(1)
    expect(await refreshCount(stage)).toBe(before + 1)
    await writeLastReads(stage.ports)
    await hoursWith(stage, 2 * DAY, 6 * HOUR)
    expect(await refreshCount(stage)).toBe(before + 1 + 8)
  })

  test('a read of a paused connection gets its live token and refreshes it behind the caller', async () => {
    await using stage = await openUnread()
    const { id } = await pausedConnection(stage)
    const { grant } = await stage.stored(id)
    const before = await refreshCount(stage)
    expect(await read(stage, id)).toBe(grant.token?.secret.open().expose())
    await until('the refresh to be stored', async () => {
      return (await stage.stored(id)).grant.generation > grant.generation
    })
    expect(await refreshCount(stage)).toBe(before + 1)
  })

  test('a read that is not stored yet keeps its connection fresh', async () => {
    await using stage = await openUnread()
    const { connection } = await stage.adopt()
    await hoursWith(stage, 5 * DAY, 6 * HOUR)
    await stage.pass(DAY)
    await read(stage, connection.id)
    const before = await refreshCount(stage)
    await stage.pass(HOUR)
    await stage.refreshDue()
    expect(await refreshCount(stage)).toBe(before + 1)
  })

  test('a refresh that the provider refuses because of the client is retried after minutes', async () => {
    await using stage = await openUnread()
    const { id } = await pausedConnection(stage)
    await stage.pass(2 * DAY)
    await stage.provider.misbehave({ act: 'refuse', error: 'invalid_client', status: 401 })
    await expect(read(stage, id)).rejects.toThrow()
    const { dueAt } = await stage.stored(id)
    expect(dueAt).toBeLessThanOrEqual(stage.clock.now() + 10 * MINUTE)
  })
})

describe('the stored time of the last read', () => {
  test('reads are stored together, and at most once in twelve hours', async () => {
    await using stage = await openUnread()
    const adopted = [await stage.adopt(), await stage.adopt()]
    const readBoth = () => Promise.all(adopted.map(({ connection }) => read(stage, connection.id)))
    await readBoth()
    await readBoth()
    const stored = async () =>
      (await stage.stored(adopted[0]?.connection.id as ConnectionId)).lastReadAt
    expect(await stored()).toBeNull()
    expect(await writeLastReads(stage.ports)).toBe(2)
    const first = await stored()
    expect(first).toBeCloseTo(stage.clock.now(), -4)
    await stage.pass(30 * MINUTE)
    await readBoth()
    expect(await writeLastReads(stage.ports)).toBe(0)
    await stage.pass(12 * HOUR)
    await readBoth()
    expect(await writeLastReads(stage.ports)).toBe(2)
    expect(await stored()).toBeGreaterThan((first ?? 0) + 12 * HOUR)
  })

  test('every connection counts as read when a vault is in use again after more than a day', async () => {
    await using stage = await openUnread()
    const { connection } = await stage.adopt()
    await read(stage, connection.id)
    await writeLastReads(stage.ports)
    await stage.pass(60 * DAY)
    const { clock, ports } = stage
    const stoppedAt = clock.now() - 2 * DAY
    const restarted = { ...stage, ports: { ...ports, lastReads: notes(stage, stoppedAt) } }
    expect(restarted.ports.lastReads.countsFrom).toBeCloseTo(clock.now(), -4)
    expect(notes(stage, clock.now() - HOUR).countsFrom).toBe(0)
  })
})

const openUnread = (options: StageOptions = {}) => openStage({ ...options, policy: POLICY })

const notes = ({ clock }: Stage, lastAliveAt: number) => new NotedReads(clock, POLICY, lastAliveAt)

/** A connection that was paused while its token had eleven minutes to live. */
async function pausedConnection(stage: Stage) {
  const { connection } = await stage.adopt()
  await hoursWith(stage, 5 * DAY, 6 * HOUR)
  // The last refresh comes shortly before the connection counts as unread.
  for (const ms of [17.5 * HOUR, 49 * MINUTE]) {
    await stage.pass(ms)
    await stage.refreshDue()
  }
  const paused = await stage.stored(connection.id)
  expect(paused.dueAt).toBeGreaterThan(stage.clock.now() + 5 * DAY)
  return connection
}

async function read(stage: Stage, id: ConnectionId): Promise<string | undefined> {
  const request = { target: { id }, minTtlSeconds: 0, rejected: null }
  const { connection } = await getToken(stage.ports, OPERATOR, request)
  return connection.grant.token?.secret.open().expose()
}

async function refreshCount(stage: Stage): Promise<number> {
  return (await stage.provider.requests({ endpoint: 'token' })).length
}

/** Lets time pass in steps. Returns the hours of the steps in which refreshes were sent. */
async function hoursWith(stage: Stage, ms: number, stepMs: number): Promise<readonly number[]> {
  const hours: number[] = []
  for (let passed = stepMs; passed <= ms; passed += stepMs) {
    const before = await refreshCount(stage)
    await stage.pass(stepMs)
    await stage.refreshDue()
    await writeLastReads(stage.ports)
    if ((await refreshCount(stage)) > before) hours.push(passed / HOUR)
  }
  return hours
}

function gapsAfter(hours: readonly number[], startMs: number): readonly number[] {
  const later = hours.filter((hour) => hour * HOUR > startMs)
  return later.slice(1).map((hour, at) => hour - (later[at] ?? 0))
}

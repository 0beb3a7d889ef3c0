import { expect, test } from 'vitest'
import { viewConnection } from '../../../src/core/events/connection-view.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { refresh } from '../../../src/vault/refresh/refresh.ts'
import { refreshDue } from '../../../src/vault/upkeep/refresh-due.ts'
import { until } from '../../support/until.ts'
import { openStage, OPERATOR } from '../../support/vault-stage.ts'

const HOUR = 3_600_000

test.each([
  ['a second before signed 32-bit seconds overflow', '2038-01-19T03:14:07Z', '2038'],
  ['a second before unsigned 32-bit seconds overflow', '2106-02-07T06:28:15Z', '2106'],
  ['before 1970', '1969-12-24T12:00:00Z', '1969'],
])('a system clock %s causes no failure and no invalid date', async (_, date, year) => {
  await using stage = await openStage()
  stage.clock.shift(Date.parse(date) - stage.clock.now())
  const { connection, family } = await stage.adopt()
  const demand = { target: { id: connection.id }, minTtlSeconds: 60, rejected: null }
  expect((await getToken(stage.ports, OPERATOR, demand)).warnings).toEqual([])
  expect((await refresh(stage.ports, connection, 'forced')).kind).toBe('refreshed')
  const once = await stage.stored(connection.id)
  const view = viewConnection(once, stage.clock.now())
  const dates = [view.expiresAt, view.nextRefreshAt, view.lastRefreshedAt, view.createdAt]
  for (const text of dates) {
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    expect(text?.slice(0, 4)).toBe(year)
  }
  expect(Date.parse(view.expiresAt ?? '') - stage.clock.now()).toBeLessThanOrEqual(HOUR)
  expect(view.alive).toBe(true)

  // The schedule refreshes after the limit has passed.
  stage.clock.pass(2 * HOUR)
  expect(await refreshDue(stage.ports)).toBe(1)
  await until('it to land', async () => stage.ports.flights.size === 0)
  const twice = await stage.stored(connection.id)
  expect(twice).toMatchObject({ status: 'active', grant: { generation: 3 } })
  const { current, revoked } = await stage.provider.family(family)
  expect(twice.grant.refreshToken?.open().expose()).toBe(current)
  expect(revoked).toBeNull()
})

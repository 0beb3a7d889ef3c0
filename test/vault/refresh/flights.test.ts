import { expect, test } from 'vitest'
import type { RefreshResult } from '../../../src/core/refresh/refresh-outcome.ts'
import { SingleFlights } from '../../../src/vault/refresh/flights.ts'
import { makeConnection } from '../../support/make-connection.ts'

const { id } = makeConnection()
const GONE: RefreshResult = { kind: 'gone' }

test('refreshes of one connection that start together share one flight', async () => {
  const flights = new SingleFlights()
  const takeoff = Promise.withResolvers<RefreshResult>()
  let flown = 0
  const fly = () => {
    flown++
    return takeoff.promise
  }
  const together = Array.from({ length: 500 }, () => flights.join(id, fly))
  expect(flights.size).toBe(1)
  takeoff.resolve(GONE)
  expect(new Set(await Promise.all(together))).toEqual(new Set([GONE]))
  expect(flown).toBe(1)
})

test.each([
  ['lands', async () => GONE],
  ['fails', () => Promise.reject(new Error('broke'))],
  [
    'throws at once',
    () => {
      throw new Error('broke')
    },
  ],
])('a flight that %s does not block the next flight', async (_, fly) => {
  const flights = new SingleFlights()
  await flights.join(id, fly).catch(() => null)
  expect(flights.has(id)).toBe(false)
  expect(await flights.join(id, async () => GONE)).toBe(GONE)
})

test('while the process stops, no flight starts and running flights finish', async () => {
  const flights = new SingleFlights()
  const takeoff = Promise.withResolvers<RefreshResult>()
  const flight = flights.join(id, () => takeoff.promise)
  let hasLanded = false
  const landing = flights.land().then(() => (hasLanded = true))
  const other = makeConnection({ id: 'con_01jd9z0000000000000000000b' as typeof id }).id
  expect(await flights.join(other, async () => GONE)).toEqual({ kind: 'stopping' })
  expect(hasLanded).toBe(false)
  takeoff.resolve(GONE)
  expect(await flight).toBe(GONE)
  await landing
  expect(hasLanded).toBe(true)
})

import { expect, test } from 'vitest'
import { systemClock, systemRandom } from '../../src/observe/system-clock.ts'

test('the system clock has the time of this machine and a monotonic time', () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000)
  const [first, second] = [systemClock.monotonic(), systemClock.monotonic()]
  expect(second).toBeGreaterThanOrEqual(first)
})

test('a sleep lasts at least as long as requested', async () => {
  const before = systemClock.monotonic()
  await systemClock.sleep(30)
  expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(29)
})

test.each([60_000, 2 ** 31, Number.MAX_SAFE_INTEGER])(
  'a sleep of %d ms ends when its signal aborts, not before, and without an error',
  async (ms) => {
    const stop = new AbortController()
    const slept = systemClock.sleep(ms, stop.signal)
    const first = await Promise.race([slept.then(() => 'slept'), systemClock.sleep(20)])
    expect(first).toBeUndefined()
    stop.abort()
    await slept
    await systemClock.sleep(ms, stop.signal)
  },
)

test('the system randomness gives bytes of the requested length and fractions below one', () => {
  expect(systemRandom.bytes(24)).toHaveLength(24)
  expect(systemRandom.bytes(24)).not.toEqual(systemRandom.bytes(24))
  for (let draw = 0; draw < 100; draw++) {
    const fraction = systemRandom.fraction()
    expect(fraction >= 0 && fraction < 1).toBe(true)
  }
})

import { expect, test } from 'vitest'
import { herd } from './herd.ts'
import { readers } from './readers.ts'
import { refusedSecret } from './refused-secret.ts'
import { transientDays } from './transient-days.ts'

// Short forms; `npm run test:outage -- days|secret|herd` plays them at full length.

test('days of faults that pass disconnect nobody', async () => {
  const figures = await transientDays({ days: 0.5, connections: 10 })
  expect(figures.faults).toBeGreaterThan(10)
  expect(figures).toMatchObject({ disconnected: 0, reuseRevocations: 0 })
}, 60_000)

test('a client secret that is refused for a while raises one alarm and harms no connection', async () => {
  const figures = await refusedSecret({ minutes: 15, connections: 20 })
  expect(figures).toMatchObject({ alarms: 1, disconnected: 0 })
  // 30 s, doubling, to ten minutes at most.
  expect(figures.probes).toBeLessThanOrEqual(4 + 6)
  expect(figures.waitsSeconds.filter((wait) => wait >= 30).length).toBeGreaterThan(2)
  expect(figures.healedAfterSeconds).toBeLessThan(15 * 60)
}, 60_000)

test('five hundred readers of an expired token cost one request, however slow its answer', async () => {
  const figures = await readers({ readers: 500, answerMs: 2_000 })
  expect(figures).toMatchObject({ requests: 1, served: 500, differentTokens: 1, revoked: false })
}, 60_000)

test('a herd that expired over night is refreshed within the caps, and readers do not feel it', async () => {
  const figures = await herd({ expired: 300, hanging: 3, concurrency: 8, ratePerSecond: 100 })
  expect(figures.refreshed).toBeGreaterThanOrEqual(297)
  expect(figures.mostAtOnce).toBeLessThanOrEqual(figures.capConcurrency)
  expect(figures.mostPerSecond).toBeLessThanOrEqual(figures.capPerSecond)
  expect(figures.disconnected).toBe(0)
  expect(figures.reads).toBeGreaterThan(10)
}, 90_000)

import { expect, test } from 'vitest'
import { newSeed } from '../scripted-provider/seed.ts'
import { herd } from './herd.ts'
import { imports } from './imports.ts'
import { readers } from './readers.ts'
import { refusedSecret } from './refused-secret.ts'
import { transientDays } from './transient-days.ts'

// Short forms of `npm run test:outage -- days|secret|readers|herd|imports`.

const SOUND = { disconnected: 0, violations: [] }

test('twelve hours with one transient fault in five requests disconnect no user', async () => {
  const { seed, ...figures } = await transientDays({ days: 0.5, connections: 10, seed: newSeed() })
  expect(figures, seed).toMatchObject({ ...SOUND, reuseRevocations: 0, failingAtTheEnd: 0 })
  // About one request in five; two hundred requests give no better figure.
  expect(figures.faults / figures.requests, seed).toBeGreaterThan(0.1)
  expect(figures.faults / figures.requests, seed).toBeLessThan(0.35)
  expect(figures.kinds, seed).toBeGreaterThan(10)
}, 90_000)

test('a client secret that the provider refuses for 15 minutes raises one alarm, and all connections recover', async () => {
  const figures = await refusedSecret({ minutes: 15, connections: 20, seed: newSeed() })
  expect(figures).toMatchObject({ ...SOUND, alarms: 1, healed: 20, tooEarly: 0 })
  // Back-off from 30 s, doubling, at most ten minutes.
  expect(figures.probes).toBeLessThanOrEqual(4 + 6)
  expect(figures.waitsSeconds.filter((wait) => wait >= 30).length).toBeGreaterThan(2)
  expect(figures.healedAfterSeconds).toBeLessThan(15 * 60)
}, 60_000)

test('the schedule refreshes all imported lines at the configured rate, and no faster', async () => {
  const play = { lines: 80, concurrency: 4, ratePerSecond: 20, seed: newSeed() }
  const figures = await imports(play)
  expect(figures).toMatchObject({ ...SOUND, proven: 80, requests: 80 })
  expect(figures.mostPerSecond).toBeLessThanOrEqual(20)
  expect(figures.mostAtOnce).toBeLessThanOrEqual(4)
  // One proof a second would take 80 s.
  expect(figures.provenAfterSeconds).toBeLessThan(40)
}, 90_000)

test('five hundred readers of an expired token cause one request to a slow provider', async () => {
  const figures = await readers({ readers: 500, answerMs: 2_000, seed: newSeed() })
  expect(figures).toMatchObject({
    requests: 1,
    served: 500,
    differentTokens: 1,
    revoked: false,
    violations: [],
  })
}, 60_000)

test('three hundred expired tokens are refreshed within the caps after a start, while live tokens are served', async () => {
  const caps = { concurrency: 8, ratePerSecond: 100 }
  const figures = await herd({ expired: 300, hanging: 3, ...caps, seed: newSeed() })
  expect(figures).toMatchObject({ ...SOUND, refreshed: 297 })
  expect(figures.mostAtOnce).toBeLessThanOrEqual(caps.concurrency)
  expect(figures.mostPerSecond).toBeLessThanOrEqual(caps.ratePerSecond)
  expect(figures.reads).toBeGreaterThan(10)
}, 90_000)

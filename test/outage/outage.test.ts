import { expect, test } from 'vitest'
import { newSeed } from '../scripted-provider/seed.ts'
import { herd } from './herd.ts'
import { imports } from './imports.ts'
import { readers } from './readers.ts'
import { refusedSecret } from './refused-secret.ts'
import { transientDays } from './transient-days.ts'

// Short forms; `npm run test:outage -- days|secret|readers|herd|imports` plays them at full length.

const SOUND = { disconnected: 0, violations: [] }

test('days of faults that pass disconnect nobody', async () => {
  const { seed, ...figures } = await transientDays({ days: 0.5, connections: 10, seed: newSeed() })
  expect(figures, seed).toMatchObject({ ...SOUND, reuseRevocations: 0, failingAtTheEnd: 0 })
  // One request in five, as far as two hundred tell.
  expect(figures.faults / figures.requests, seed).toBeGreaterThan(0.1)
  expect(figures.faults / figures.requests, seed).toBeLessThan(0.35)
  expect(figures.kinds, seed).toBeGreaterThan(10)
}, 90_000)

test('a client secret that is refused for a while raises one alarm and harms no connection', async () => {
  const figures = await refusedSecret({ minutes: 15, connections: 20, seed: newSeed() })
  expect(figures).toMatchObject({ ...SOUND, alarms: 1, healed: 20, tooEarly: 0 })
  // 30 s, doubling, to ten minutes at most.
  expect(figures.probes).toBeLessThanOrEqual(4 + 6)
  expect(figures.waitsSeconds.filter((wait) => wait >= 30).length).toBeGreaterThan(2)
  expect(figures.healedAfterSeconds).toBeLessThan(15 * 60)
}, 60_000)

test('imported lines are all proven at the rate of the settings, and no faster', async () => {
  const play = { lines: 80, concurrency: 4, ratePerSecond: 20, seed: newSeed() }
  const figures = await imports(play)
  expect(figures).toMatchObject({ ...SOUND, proven: 80, requests: 80 })
  expect(figures.mostPerSecond).toBeLessThanOrEqual(20)
  expect(figures.mostAtOnce).toBeLessThanOrEqual(4)
  // At one a second it took a minute and a half, after a minute of waiting.
  expect(figures.provenAfterSeconds).toBeLessThan(40)
}, 90_000)

test('five hundred readers of an expired token cost one request, however slow its answer', async () => {
  const figures = await readers({ readers: 500, answerMs: 2_000, seed: newSeed() })
  expect(figures).toMatchObject({
    requests: 1,
    served: 500,
    differentTokens: 1,
    revoked: false,
    violations: [],
  })
}, 60_000)

test('a herd that expired over night is refreshed within the caps, and readers do not feel it', async () => {
  const caps = { concurrency: 8, ratePerSecond: 100 }
  const figures = await herd({ expired: 300, hanging: 3, ...caps, seed: newSeed() })
  expect(figures).toMatchObject({ ...SOUND, refreshed: 297 })
  expect(figures.mostAtOnce).toBeLessThanOrEqual(caps.concurrency)
  expect(figures.mostPerSecond).toBeLessThanOrEqual(caps.ratePerSecond)
  expect(figures.reads).toBeGreaterThan(10)
}, 90_000)

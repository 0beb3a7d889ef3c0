import { expect, test } from 'vitest'
import { newSeed } from '../scripted-provider/seed.ts'
import { growthOf } from './growth.ts'
import { soak } from './soak.ts'

// The short form of `npm run test:soak`, which runs for 25 minutes and also judges growth.

test('under a mixed load, no request fails, no refresh token is used twice, and the daemon exits 0', async () => {
  const { rows, ...report } = await soak({ minutes: 0.25, seed: newSeed() })
  expect(report, report.seed).toMatchObject({ failures: {}, violations: [], exitCode: 0 })
  expect(report.refreshes).toBeGreaterThan(100)
  expect(rows.length).toBeGreaterThan(1)
  for (const row of rows)
    expect(row.memoryMiB * row.descriptors * row.databaseKiB).toBeGreaterThan(0)
}, 90_000)

test.each([
  ['that rises all the time is reported', (n: number) => 100 + 2 * n, true],
  [
    'that rises only during the warm-up is not reported',
    (n: number) => (n < 5 ? 60 + 8 * n : 100),
    false,
  ],
  ['that falls back again and again is not reported', (n: number) => 100 + 10 * (n % 5), false],
  ['with a single peak is not reported', (n: number) => (n === 23 ? 400 : 100), false],
])('growth of a measured value %s', (_, at, grows) => {
  const samples = Array.from({ length: 25 }, (_value, n) => at(n))
  expect(growthOf(samples, { factor: 1.1, more: 5 }).grows).toBe(grows)
})

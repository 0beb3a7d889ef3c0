import { expect, test } from 'vitest'
import { crashAgainAndAgain } from './restart-loop.ts'

// A short form; `npm run test:crash -- restarts` starts it two hundred times.

test('started again and again, it shows no token more often than a grace or a back-off allows', async () => {
  const report = await crashAgainAndAgain({ starts: 6, connections: 10, seed: 'short' })
  expect(report.faults).toEqual([])
  expect(report.requests).toBeGreaterThanOrEqual(10)
}, 60_000)

import { expect, test } from 'vitest'
import { crashAgainAndAgain, USUAL_GRACE_SECONDS } from './restart-loop.ts'

// A short form; `npm run test:crash -- restarts` starts it two hundred times. It ends within the usual
// grace; without one, it is the back-off in the database alone that holds each next process back.

test.each([USUAL_GRACE_SECONDS, 0])(
  'started again and again, it shows no token more often than a grace of %d s or a back-off allows',
  async (graceSeconds) => {
    const play = { starts: 6, connections: 10, graceSeconds, seed: 'short' }
    const report = await crashAgainAndAgain(play)
    expect([...report.faults, ...report.violations]).toEqual([])
    expect(report.requests).toBeGreaterThanOrEqual(10)
  },
  60_000,
)

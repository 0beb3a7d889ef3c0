import { expect, test } from 'vitest'
import { restartRepeatedly, USUAL_GRACE_SECONDS } from './restart-loop.ts'

// The short form of `npm run test:crash -- restarts`. It ends within the usual grace. With no grace,
// only the back-off in the database limits the next process.

test.each([USUAL_GRACE_SECONDS, 0])(
  'in a restart loop, Larder sends a refresh token only as often as a grace of %d s or the back-off allows',
  async (graceSeconds) => {
    const play = { starts: 6, connections: 10, graceSeconds, seed: 'short' }
    const report = await restartRepeatedly(play)
    expect([...report.faults, ...report.violations]).toEqual([])
    expect(report.requests).toBeGreaterThanOrEqual(10)
  },
  60_000,
)

import { getTasks } from 'node-cron'
import { expect, test } from 'vitest'
import { Schedule } from '../../src/jobs/schedule.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

const HOUR = 3_600_000

test('a schedule that is stopped while it follows the clock aborts that work and plans no job', async () => {
  const clock = new ShiftedClock()
  const following = Promise.withResolvers<AbortSignal>()
  const followed = Promise.withResolvers<void>()
  const scan = { name: 'scan', cron: '* * * * *', everyTick: false, run: async () => {} }
  const schedule = new Schedule([scan], {
    clock,
    report: { jobFailed: () => {}, clockStepped: () => {} },
    followClock: (_byMs, ending) => {
      following.resolve(ending)
      return followed.promise
    },
  })
  const before = getTasks().size
  schedule.start()
  expect(getTasks().size).toBe(before + 1)
  clock.shift(-HOUR)
  const ending = await following.promise
  const stopping = schedule[Symbol.asyncDispose]()
  expect(ending.aborted).toBe(true)
  followed.resolve()
  await stopping
  expect(getTasks().size).toBe(before)
})

import { getTasks } from 'node-cron'
import { expect, onTestFinished, test } from 'vitest'
import { Schedule } from '../../src/jobs/schedule.ts'
import { systemClock } from '../../src/observe/system-clock.ts'
import { until } from '../support/until.ts'

// In a file of its own, because node-cron keeps the time zone of its first use.

test('jobs are planned in UTC even if the process has another time zone', async () => {
  keepTimeOf('Europe/Vienna')
  const nightly = { name: 'nightly', cron: '23 4 * * *', everyTick: false, run: async () => {} }
  await using schedule = new Schedule([nightly], {
    clock: systemClock,
    report: { jobFailed: () => {}, clockStepped: () => {}, ticked: () => {} },
  })
  schedule.start()
  await until('the job is planned', () => getTasks().size > 0)
  const [task] = getTasks().values()
  const runs = task?.getNextRuns(366) ?? []
  expect(runs).toHaveLength(366)
  expect(new Set(runs.map((run) => run.toISOString().slice(11)))).toEqual(
    new Set(['04:23:00.000Z']),
  )
})

function keepTimeOf(zone: string): void {
  const before = process.env['TZ']
  process.env['TZ'] = zone
  onTestFinished(() => {
    if (before === undefined) delete process.env['TZ']
    else process.env['TZ'] = before
  })
}

import { getTasks } from 'node-cron'
import { expect, test } from 'vitest'
import { ClockWatch } from '../../src/jobs/clock-watch.ts'
import { type Job, Schedule } from '../../src/jobs/schedule.ts'
import type { Clock } from '../../src/ports/ports.ts'

const DAY = 86_400_000

test('a tick runs each every-tick job unless the job is still running', async () => {
  const clock = new HandClock()
  const gate = Promise.withResolvers<void>()
  const runs = { slow: 0, quick: 0 }
  const slow = job('slow', async () => {
    runs.slow++
    await gate.promise
  })
  const quick = job('quick', async () => void runs.quick++)
  await using schedule = open([slow, quick], clock)
  schedule.start()
  await clock.tick()
  await clock.tick()
  expect(runs).toEqual({ slow: 1, quick: 3 })
  gate.resolve()
  await clock.tick()
  await clock.tick()
  expect(runs.slow).toBeGreaterThan(1)
})

test('a failing job is reported and runs again', async () => {
  const clock = new HandClock()
  const told: unknown[] = []
  const failing = job('failing', () => Promise.reject(new Error('no')))
  await using schedule = open([failing], clock, told)
  schedule.start()
  await clock.tick()
  expect(told).toHaveLength(2)
})

test.each([
  ['forward by days', 3 * DAY],
  ['back by days', -3 * DAY],
  ['back by an hour, as with a clock in local time', -3_600_000],
])('the schedule reports a clock that is set %s once', async (_, byMs) => {
  const clock = new HandClock()
  const steps: number[] = []
  await using schedule = new Schedule([], {
    clock,
    report: { jobFailed: () => {}, clockStepped: (e) => void steps.push(e.byMs), ticked: () => {} },
  })
  clock.wall += byMs
  schedule.start()
  await clock.tick()
  await clock.tick()
  expect(steps).toEqual([byMs])
})

test('every job is planned again, and only once, after the clock is set', async () => {
  const clock = new HandClock()
  await using schedule = open([job('one'), job('two')], clock)
  schedule.start()
  await clock.tick()
  const before = planned()
  expect(before.map(({ name }) => name)).toEqual(['one', 'two'])
  clock.wall -= 3 * DAY
  await clock.tick()
  const after = planned()
  expect(after.map(({ name }) => name)).toEqual(['one', 'two'])
  expect(after.filter(({ id }) => before.some((task) => task.id === id))).toEqual([])
})

test('a job that still runs when the clock is set is not started a second time', async () => {
  const clock = new HandClock()
  const gate = Promise.withResolvers<void>()
  let runs = 0
  const slow = job('slow', async () => {
    runs++
    await gate.promise
  })
  await using schedule = open([slow], clock)
  schedule.start()
  clock.wall -= 3 * DAY
  await clock.tick()
  // As node-cron does at the minute of the job.
  await Promise.all(planned().map((task) => task.execute()))
  expect(runs).toBe(1)
  gate.resolve()
  await clock.tick()
  await Promise.all(planned().map((task) => task.execute()))
  expect(runs).toBeGreaterThan(1)
})

test('a stopping schedule aborts the signal of a running job, and leaves no cron task', async () => {
  const clock = new HandClock()
  const aborted = Promise.withResolvers<void>()
  const long = job('long', (ending) => {
    ending.addEventListener('abort', () => aborted.resolve())
    return aborted.promise
  })
  const schedule = open([long], clock)
  schedule.start()
  await schedule[Symbol.asyncDispose]()
  await aborted.promise
  expect(planned()).toEqual([])
})

test('a start runs each job that may have been missed, once and one after the other', async () => {
  const clock = new HandClock()
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = rare('first', async () => {
    order.push('first begins')
    await gate.promise
    order.push('first ends')
  })
  const second = rare('second', async () => void order.push('second'))
  await using schedule = open([first, second], clock)
  schedule.start()
  await clock.tick()
  expect(order).toEqual(['first begins'])
  gate.resolve()
  for (let n = 0; n < 5; n++) await clock.tick()
  expect(order).toEqual(['first begins', 'first ends', 'second'])
})

test('a missed job that fails does not prevent the next missed job', async () => {
  const clock = new HandClock()
  let runs = 0
  const jobs = [
    rare('failing', () => Promise.reject(new Error('no'))),
    rare('other', async () => void runs++),
  ]
  await using schedule = open(jobs, clock)
  schedule.start()
  await clock.tick()
  expect(runs).toBe(1)
})

test('each job runs once after the machine was suspended for days', async () => {
  const clock = new HandClock()
  let runs = 0
  await using schedule = open([rare('daily', async () => void runs++)], clock)
  schedule.start()
  await clock.tick()
  clock.wall += 3 * DAY
  for (let n = 0; n < 5; n++) await clock.tick()
  expect(runs).toBe(2)
})

test('a job runs once if the process was blocked at the time of the job', async () => {
  const clock = new HandClock()
  let runs = 0
  // Every second, so that node-cron itself notices missed runs.
  const often = { ...rare('often', async () => void runs++), cron: '* * * * * *' }
  await using schedule = open([often], clock)
  schedule.start()
  await clock.tick()
  const missed = new Promise<void>((resolve) => {
    planned()[0]?.on('execution:missed', () => resolve())
  })
  const stoppedUntil = performance.now() + 4_500
  while (performance.now() < stoppedUntil);
  await missed
  await settled()
  runs = 0
  await clock.tick()
  await clock.tick()
  expect(runs).toBe(1)
})

test('a clock change of less than two seconds is not reported as a clock step', () => {
  const clock = new HandClock()
  const watch = new ClockWatch(clock)
  clock.wall += 1_900
  expect(watch.steppedBy()).toBe(0)
  clock.wall += 200
  expect(watch.steppedBy()).toBe(2_100)
  expect(watch.steppedBy()).toBe(0)
})

test('stopping the schedule waits for the running job', async () => {
  const clock = new HandClock()
  const gate = Promise.withResolvers<void>()
  let ended = false
  const slow = job('slow', async () => {
    await gate.promise
    ended = true
  })
  const schedule = open([slow], clock)
  schedule.start()
  const stopping = schedule[Symbol.asyncDispose]()
  expect(schedule.stopping).toBe(true)
  gate.resolve()
  await stopping
  expect(ended).toBe(true)
})

test('the schedule reports which job is running and when each job last ended', async () => {
  const clock = new HandClock()
  const gate = Promise.withResolvers<void>()
  const jobs = [job('hanging', () => gate.promise), job('quick', async () => {})]
  await using schedule = open(jobs, clock)
  expect(schedule.jobs).toEqual([
    { name: 'hanging', lastEndedAt: null, runningForMs: null },
    { name: 'quick', lastEndedAt: null, runningForMs: null },
  ])
  schedule.start()
  await clock.tick()
  await clock.tick()
  expect(schedule.jobs).toEqual([
    { name: 'hanging', lastEndedAt: null, runningForMs: 2_000 },
    { name: 'quick', lastEndedAt: clock.now(), runningForMs: null },
  ])
  gate.resolve()
  await settled()
  expect(schedule.jobs[0]).toMatchObject({ lastEndedAt: clock.now(), runningForMs: null })
})

test('the schedule reports its lag', async () => {
  const clock = new HandClock()
  await using schedule = open([], clock)
  schedule.start()
  expect(schedule.lagMs).toBe(0)
  clock.passed += 5_000
  expect(schedule.lagMs).toBe(4_000)
})

/** A clock that only the test moves. */
class HandClock implements Clock {
  wall = Date.UTC(2026, 2, 28, 23)
  passed = 0
  #waiting: (() => void)[] = []

  now(): number {
    return this.wall + this.passed
  }

  monotonic(): number {
    return this.passed
  }

  sleep(_ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      signal?.addEventListener('abort', () => resolve())
    })
  }

  async tick(): Promise<void> {
    await settled()
    this.passed += 1_000
    const woken = this.#waiting
    this.#waiting = []
    for (const resolve of woken) resolve()
    await settled()
  }
}

/** Waits until all woken code waits again. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The tasks that node-cron has now. */
function planned() {
  return [...getTasks().values()]
}

function job(name: string, run: Job['run'] = async () => {}): Job {
  return { name, cron: '0 0 1 1 *', everyTick: true, run }
}

/** A job whose next planned time is far away. */
function rare(name: string, run: () => Promise<unknown>): Job {
  return { ...job(name, run), everyTick: false }
}

function open(jobs: readonly Job[], clock: Clock, told: unknown[] = []): Schedule {
  const tell = (about: unknown) => void told.push(about)
  return new Schedule(jobs, {
    clock,
    report: { jobFailed: tell, clockStepped: () => {}, ticked: () => {} },
  })
}

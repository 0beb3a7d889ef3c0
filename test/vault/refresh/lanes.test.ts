import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { ConnectionId } from '../../../src/core/base/ids.ts'
import type { Clock, Traffic } from '../../../src/ports/ports.ts'
import { Lanes } from '../../../src/vault/refresh/lanes.ts'
import { Gate } from '../../support/gate.ts'

const SECOND = 1_000

describe('one lane', () => {
  test('a requested refresh overtakes fifty scheduled refreshes in a lane', async () => {
    const lane = open({ concurrencyPerProvider: 1 })
    lane.add(names(50))
    lane.add(['asked'], { urgency: 'asked' })
    await lane.letPass(SECOND)
    expect(lane.begun.slice(0, 3)).toEqual(['1', 'asked', '2'])
    expect(lane.begun).toHaveLength(51)
  })

  test('a request for a scheduled refresh moves it to the front of the lane', async () => {
    const lane = open({ concurrencyPerProvider: 1 })
    lane.add(names(50))
    lane.lanes.hurry(CLIENT, '40' as ConnectionId)
    await lane.letPass(SECOND)
    expect(lane.begun.slice(0, 3)).toEqual(['1', '40', '2'])
  })

  test('a request does not change the place of a refresh that has begun or is not in the lane', async () => {
    const lane = open({ concurrencyPerProvider: 1 })
    lane.add(names(3))
    for (const id of ['1', 'unheard of']) lane.lanes.hurry(CLIENT, id as ConnectionId)
    await lane.letPass(SECOND)
    expect(lane.begun).toEqual(names(3))
  })

  test('a lane runs as many refreshes at once as allowed, and starts the next when one ends', async () => {
    const lane = open({ concurrencyPerProvider: 4 })
    lane.add(names(20))
    await lane.clock.pass(SECOND)
    expect(lane.begun).toEqual(names(4))
    await lane.letPass(SECOND)
    expect(lane.begun).toEqual(names(20))
    expect(lane.mostAtOnce).toBe(4)
  })

  test.each([
    [20, 1],
    [20, 50],
    [20, 250],
    [1_000, 1],
    [1_000, 20],
    [1_000, 250],
  ])(
    'a lane starts no more than %s refreshes per second, even if timers are up to %s ms late',
    async (ratePerSecond, late) => {
      const lane = open({ concurrencyPerProvider: 20, ratePerSecond })
      lane.add(['first'])
      // A long rest earns no extra refreshes.
      await lane.letPass(60 * SECOND, SECOND)
      const count = 5 * ratePerSecond
      lane.add(names(count), { urgency: 'asked' })
      await lane.letPass(60 * SECOND, late)
      expect(mostInASecond(lane.begunAt)).toBeLessThanOrEqual(ratePerSecond)
      // The rate is used in full, if timers are not much later than a lane can make up for.
      if (late <= 20) {
        expect(lane.begun).toHaveLength(1 + count)
        expect(Math.max(...lane.begunAt)).toBeLessThan(66 * SECOND)
      }
    },
  )

  test('failing connections leave one slot of a lane to healthy connections', async () => {
    const lane = open({ concurrencyPerProvider: 4 })
    lane.add(names(50), { among: 'troubled', urgency: 'asked' })
    await lane.clock.pass(SECOND)
    lane.add(['healthy'], { urgency: 'scheduled' })
    await lane.clock.pass(SECOND)
    expect(lane.begun).toEqual([...names(3), 'healthy'])
    lane.lanes.hurry(CLIENT, '40' as ConnectionId)
    await lane.letPass(SECOND)
    expect(lane.begun).toHaveLength(51)
  })

  test('hanging refreshes of one client do not delay another client', async () => {
    const lane = open()
    lane.add(names(50))
    lane.add(['another'], { client: 'acme/another' })
    await lane.clock.pass(SECOND)
    expect(lane.begun.toSorted()).toEqual([...names(4), 'another'])
  })
})

describe('the lanes of many clients', () => {
  test('a lane with a running refresh keeps its limit, however many other clients have lanes', async () => {
    const lane = open({ concurrencyPerProvider: 1 })
    lane.add(['1'])
    await lane.clock.pass(SECOND)
    openLanesOfOthers(lane, 1_000)
    lane.add(['2'])
    await lane.clock.pass(SECOND)
    expect(lane.begun).toEqual(['1'])
  })

  test('a lane keeps its rate after its refreshes have ended, however many other clients have lanes', async () => {
    const lane = open({ ratePerSecond: 1 })
    lane.add(['1'])
    await lane.letPass(1)
    openLanesOfOthers(lane, 1_000)
    lane.add(['2'])
    await lane.clock.pass(SECOND / 2)
    expect(lane.begun).toEqual(['1'])
    await lane.clock.pass(SECOND)
    expect(lane.begun).toEqual(['1', '2'])
  })

  test('lanes of thousands of clients are removed from memory once they are idle', () => {
    const lane = open()
    const before = heapInUse()
    openLanesOfOthers(lane, 20_000)
    expect(heapInUse() - before).toBeLessThan(8_000_000)
    expect(lane.room('healthy')).toBeGreaterThan(0)
  })
})

describe('the room for a scan', () => {
  test.each([
    [1, 1],
    [4, 1],
    [8, 2],
    [64, 16],
  ])(
    'in a lane of %d slots a scan may start %d refreshes of failing connections',
    async (concurrencyPerProvider, share) => {
      const lane = open({ concurrencyPerProvider })
      await lane.clock.pass(60 * SECOND)
      expect(lane.room('troubled')).toBe(share)
      lane.add(['troubled'], { among: 'troubled' })
      expect(lane.room('troubled')).toBe(share - 1)
      expect(lane.room('healthy')).toBe(999)
      await lane.letPass(SECOND)
      expect(lane.room('troubled')).toBe(share)
    },
  )

  test('a scan may start the refreshes of one second, minus those that are waiting in the lane', async () => {
    const lane = open({ ratePerSecond: 100 })
    await lane.clock.pass(60 * SECOND)
    expect(lane.room('healthy')).toBe(100)
    lane.add(names(30))
    expect(lane.room('healthy')).toBe(70)
    lane.add(names(100))
    expect(lane.room('healthy')).toBe(0)
  })

  test('a second scan in the same second counts the refreshes that the first scan started', async () => {
    const lane = open({ ratePerSecond: 100 })
    await lane.clock.pass(60 * SECOND)
    for (let started = 0; started < 60; started++) lane.lanes.noteStarted(CLIENT, 'healthy')
    expect(lane.room('healthy')).toBe(40)
    await lane.clock.pass(SECOND)
    expect(lane.room('healthy')).toBe(100)
  })
})

describe('the first seconds after a start', () => {
  test.each([
    [0, 10],
    [1, 19],
    [5, 55],
    [9, 91],
    [10, 100],
    [3600, 100],
  ])(
    'at 100 refreshes per second, %d s after a start, a scan may start %d refreshes',
    async (seconds, share) => {
      const lane = open({ ratePerSecond: 100 })
      await lane.clock.pass(seconds * SECOND, SECOND)
      expect(lane.room('healthy')).toBe(share)
    },
  )

  test.each([
    [20, 4, 5],
    [2, 1, 2],
    [4.5, 4, 4],
    [1, 64, 6],
  ])(
    'at %d refreshes per second and %d slots, a scan right after a start may start %d refreshes',
    (ratePerSecond, concurrency, handful) => {
      const lane = open({ ratePerSecond, concurrencyPerProvider: concurrency })
      expect(lane.room('healthy')).toBe(handful)
    },
  )

  test('requested refreshes use the whole rate right after a start', async () => {
    const lane = open({ ratePerSecond: 20, concurrencyPerProvider: 20 })
    lane.add(names(lane.room('healthy')))
    expect(lane.room('healthy')).toBe(0)
    lane.add(names(14), { urgency: 'asked' })
    await lane.letPass(SECOND)
    expect(lane.begun).toHaveLength(5 + 14)
  })
})

const CLIENT = 'acme/client'

type Task = Pick<Parameters<Traffic['admit']>[0], 'urgency' | 'among' | 'client'>

/** Lanes whose refreshes wait at a gate once they have begun. */
function open(limits: Partial<ConstructorParameters<typeof Lanes>[1]> = {}) {
  const clock = new StillClock()
  const all = { concurrencyPerProvider: 4, ratePerSecond: SECOND, ...limits }
  const lanes = new Lanes(clock, all, [])
  const gate = new Gate('closed')
  const [begun, begunAt]: [string[], number[]] = [[], []]
  const now = { running: 0, most: 0 }
  const run = (name: string) => async () => {
    begun.push(name)
    begunAt.push(clock.monotonic())
    now.most = Math.max(now.most, ++now.running)
    await gate.pass()
    now.running--
  }
  return {
    clock,
    lanes,
    begun,
    begunAt,
    get mostAtOnce() {
      return now.most
    },
    room: (among: Task['among']) => lanes.room(CLIENT, among),
    add(ids: readonly string[], task: Partial<Task> = {}): void {
      const how = { client: CLIENT, urgency: 'scheduled', among: 'healthy', ...task } as const
      for (const id of ids) void lanes.admit({ ...how, id: id as ConnectionId, run: run(id) })
    },
    /** Opens the gate for good. */
    async letPass(ms: number, step = 1): Promise<void> {
      gate.open()
      await clock.pass(ms, step)
    },
  }
}

/** Time that passes only on request and in steps; a timer is as late as the step is long. */
class StillClock implements Clock {
  #now = 0
  #waiting: { readonly at: number; readonly wake: () => void }[] = []

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#waiting.push({ at: this.#now + ms, wake }))
  }

  async pass(ms: number, step = 1): Promise<void> {
    await settled()
    for (const end = this.#now + ms; this.#now < end;) {
      this.#now += Math.min(step, end - this.#now)
      const due = this.#waiting.filter(({ at }) => at <= this.#now)
      this.#waiting = this.#waiting.filter(({ at }) => at > this.#now)
      for (const { wake } of due) wake()
      if (due.length > 0) await settled()
    }
  }
}

/** Waits until all woken tasks wait again. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

function openLanesOfOthers({ lanes }: ReturnType<typeof open>, count: number): void {
  for (let index = 0; index < count; index++) lanes.room(`own:${index}:acme/c`, 'healthy')
}

/** The bytes of all objects that can still be reached. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}

function names(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1))
}

function mostInASecond(times: readonly number[]): number {
  const within = (from: number) => times.filter((at) => at >= from && at < from + SECOND).length
  return Math.max(...times.map(within))
}

import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock, Random } from '../ports/ports.ts'

/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Time as this machine tells it. A sleep keeps the process alive: what waits must not be cut off. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
}

/** Chance as this machine gives it. */
export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  fraction: () => Math.random(),
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const started = performance.now()
  try {
    await wait(Math.min(ms, LONGEST_TIMER_MS), undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    if (signal?.aborted) return
    throw error
  }
  const left = ms - (performance.now() - started)
  if (left > 0) await sleep(left, signal)
}

import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock, Random } from '../ports/ports.ts'

/** The longest timer of Node. A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The clock of this machine. A sleep keeps the process alive until the sleep ends. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep,
}

/** The randomness of this machine. */
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

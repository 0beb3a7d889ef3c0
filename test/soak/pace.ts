import { setTimeout as wait } from 'node:timers/promises'

export type Operation = {
  readonly name: string
  readonly perSecond: number
  /** Throws if the answer is not the expected one. */
  readonly run: (n: number) => Promise<void>
}

/** Latencies and failures of one operation. */
export type Tally = { readonly latencies: readonly number[]; readonly failures: readonly string[] }

export type Pace = {
  /** Returns the tallies since the last call, by operation. */
  take(): ReadonlyMap<string, Tally>
  /** Resolves when all running requests have ended. */
  readonly ended: Promise<void>
}

const TICK_MS = 20
const LATEST_MS = 200
/** Above this, connections would wait in the kernel, not in the daemon. */
const MOST_UNDER_WAY = 50

/** Starts each operation at its own rate, whether earlier ones have ended or not, up to a bound. */
export function pace(operations: readonly Operation[], end: AbortSignal): Pace {
  let tallies = new Map<string, { latencies: number[]; failures: string[] }>()
  const tallyOf = (name: string) => {
    const tally = tallies.get(name) ?? { latencies: [], failures: [] }
    tallies.set(name, tally)
    return tally
  }
  const once = async ({ name, run }: Operation, n: number): Promise<void> => {
    const began = performance.now()
    try {
      await run(n)
    } catch (error) {
      tallyOf(name).failures.push(error instanceof Error ? error.message : String(error))
    }
    tallyOf(name).latencies.push(performance.now() - began)
  }
  return {
    take: () => {
      const taken = tallies
      tallies = new Map()
      return taken
    },
    ended: Promise.all(operations.map((one) => repeat(one, end, (n) => once(one, n)))).then(
      () => undefined,
    ),
  }
}

async function repeat(
  { perSecond }: Operation,
  end: AbortSignal,
  once: (n: number) => Promise<void>,
): Promise<void> {
  const stepMs = 1_000 / perSecond
  const underWay = new Set<Promise<void>>()
  let dueAt = performance.now()
  for (let n = 0; !end.aborted;) {
    const now = performance.now()
    // A busy machine may delay this loop. Requests that are too late are skipped.
    dueAt = Math.max(dueAt, now - Math.max(stepMs, LATEST_MS))
    for (; dueAt <= now && underWay.size < MOST_UNDER_WAY; dueAt += stepMs) {
      const running: Promise<void> = once(n++).finally(() => underWay.delete(running))
      underWay.add(running)
    }
    await wait(TICK_MS)
  }
  await Promise.all(underWay)
}

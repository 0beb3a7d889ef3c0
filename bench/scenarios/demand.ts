import { DEFAULT_REFRESH_POLICY } from '../../src/core/refresh/refresh-policy.ts'
import { row, type Row, type Scenario } from '../scenario.ts'
import { type Counts, DAY_MS, type Habit, simulate } from '../support/simulated-days.ts'

const CONNECTIONS = 1_000
const DAYS = 30
const KEEP_FRESH_DAYS = 7
/** Before the month, so that unread connections are paused when it begins. */
const BEFORE_DAYS = 14

/** The share of the connections with each habit. */
const MIX: readonly (Habit & { readonly share: number; readonly name: string })[] = [
  { share: 0.1, name: 'hourly', readsEveryMs: DAY_MS / 24, idleMs: null },
  { share: 0.2, name: 'daily', readsEveryMs: DAY_MS, idleMs: null },
  { share: 0.2, name: 'every ten days', readsEveryMs: 10 * DAY_MS, idleMs: 180 * DAY_MS },
  { share: 0.25, name: 'never, idle timeout of 30 days', readsEveryMs: null, idleMs: 30 * DAY_MS },
  { share: 0.25, name: 'never, no known timeout', readsEveryMs: null, idleMs: null },
]

export const demand: Scenario = {
  name: 'demand',
  title: 'A month with `keepFreshDays`',
  method:
    `${CONNECTIONS} connections with tokens that live an hour, for ${DAYS} simulated days after ` +
    `${BEFORE_DAYS} days. The functions that decide about refreshes and reads run on a simulated ` +
    'clock. Reads: ' +
    MIX.map(({ share, name }) => `${share * 100} % ${name}`).join('; ') +
    '. A read waits if it finds no live token.',
  run: () => Promise.resolve(simulateMonth()),
}

function simulateMonth(): readonly Row[] {
  const fresh = countAll(null)
  const lazy = countAll(KEEP_FRESH_DAYS)
  const saved = 100 * (1 - lazy.calls / fresh.calls)
  const waits = (100 * lazy.waits) / lazy.reads
  return [
    row(`provider calls in ${DAYS} days, all kept fresh`, String(fresh.calls)),
    row(
      `provider calls in ${DAYS} days, \`keepFreshDays: ${KEEP_FRESH_DAYS}\``,
      `${lazy.calls}, ${saved.toFixed(0)} % saved`,
    ),
    row('reads that wait for a refresh because of it', `${lazy.waits}, ${waits.toFixed(2)} %`),
  ]
}

function countAll(keepFreshDays: number | null): Counts {
  const keepFreshMs = keepFreshDays === null ? null : keepFreshDays * DAY_MS
  const policy = { ...DEFAULT_REFRESH_POLICY, keepFreshMs }
  const within = { fromMs: BEFORE_DAYS * DAY_MS, untilMs: (BEFORE_DAYS + DAYS) * DAY_MS }
  const fraction = repeatable()
  const all = { calls: 0, reads: 0, waits: 0 }
  for (const { share, ...habit } of MIX) {
    for (let n = 0; n < share * CONNECTIONS; n++) {
      const one = simulate(habit, policy, { ...within, fraction })
      all.calls += one.calls
      all.reads += one.reads
      all.waits += one.waits
    }
  }
  return all
}

/** The same fractions at each run: a linear congruential generator. */
function repeatable(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

import type { Clock } from '../../ports/ports.ts'

/** The longest time that callers share one outcome. */
const SHARED_MS = 1_000

type Run = { readonly outcome: Promise<void>; endedAt: number | null; isFailed: boolean }

/**
 * Runs `probe` at most once a second and shares the outcome with all callers. If a write succeeds
 * after a failed probe, or fails after a successful probe, the next call runs a new probe.
 */
export class SharedProbe {
  readonly #clock: Pick<Clock, 'now'>
  readonly #probe: () => Promise<void>
  #last: Run | null = null

  constructor(clock: Pick<Clock, 'now'>, probe: () => Promise<void>) {
    this.#clock = clock
    this.#probe = probe
  }

  outcome(): Promise<void> {
    const last = this.#last
    if (last !== null && this.#isRecent(last)) return last.outcome
    const run: Run = { outcome: this.#probe(), endedAt: null, isFailed: false }
    const end = (isFailed: boolean) => () => {
      run.endedAt = this.#clock.now()
      run.isFailed = isFailed
    }
    run.outcome.then(end(false), end(true))
    this.#last = run
    return run.outcome
  }

  noteWrite(isFailed: boolean): void {
    if (this.#last?.endedAt != null && this.#last.isFailed !== isFailed) this.#last = null
  }

  #isRecent({ endedAt }: Run): boolean {
    if (endedAt === null) return true
    const ageMs = this.#clock.now() - endedAt
    // The age is negative if the clock was set back.
    return ageMs >= 0 && ageMs < SHARED_MS
  }
}

import { createTask, type ScheduledTask } from 'node-cron'
import type { Instant } from '../core/base/ids.ts'
import type { Clock, JobPulse, Pulse } from '../ports/ports.ts'
import { ClockWatch } from './clock-watch.ts'

/** Repeated work. A job never runs twice at the same time. */
export type Job = {
  readonly name: string
  /**
   * Cron, in UTC. Not finer than minutes: after a clock change, node-cron runs every slot that the
   * change skipped.
   */
  readonly cron: string
  /** Whether the job also runs at each tick. */
  readonly everyTick: boolean
  /** `ending` aborts when the process stops, so that a long run can stop early. */
  readonly run: (ending: AbortSignal) => Promise<unknown>
}

type Surroundings = {
  readonly clock: Clock
  readonly report: {
    jobFailed(e: { readonly job: string; readonly error: unknown }): void
    clockStepped(e: { readonly byMs: number }): void
    ticked(e: { readonly lateMs: number }): void
  }
}

const TICK_MS = 1_000

/**
 * Runs jobs with node-cron, and with its own tick each second. A cron task stops working when the
 * wall clock is set, so the schedule then creates all tasks again.
 */
export class Schedule implements Pulse, AsyncDisposable {
  readonly #clock: Clock
  readonly #jobs: readonly Job[]
  readonly #around: Surroundings
  /** Created before `start`, so that the first tick detects a clock change during the start. */
  readonly #watch: ClockWatch
  readonly #running = new Map<string, Promise<void>>()
  readonly #begun = new Map<string, number>()
  readonly #ended = new Map<string, Instant>()
  /**
   * Jobs that may have missed a planned run. Each job checks in the database whether it has work.
   */
  readonly #missed = new Set<Job>()
  readonly #stop = new AbortController()
  #tasks: readonly ScheduledTask[] = []
  #ticking: Promise<void> = Promise.resolve()
  #catchingUp = false
  #lastTick: number

  constructor(jobs: readonly Job[], around: Surroundings) {
    this.#clock = around.clock
    this.#jobs = jobs
    this.#around = around
    this.#watch = new ClockWatch(around.clock)
    this.#lastTick = around.clock.monotonic()
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted
  }

  get jobs(): readonly JobPulse[] {
    const now = this.#clock.monotonic()
    return this.#jobs.map(({ name }) => {
      const begun = this.#begun.get(name)
      const runningForMs = begun === undefined ? null : Math.round(now - begun)
      return { name, lastEndedAt: this.#ended.get(name) ?? null, runningForMs }
    })
  }

  get lagMs(): number {
    return Math.max(0, Math.round(this.#clock.monotonic() - this.#lastTick - TICK_MS))
  }

  /** Runs each job once, because perhaps no process was running at the planned times. */
  start(): void {
    this.#missAll()
    this.#ticking = this.#tick()
  }

  /** Starts no new run and waits for running jobs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#unplan()
    await this.#ticking
    await Promise.all(this.#running.values())
  }

  async #tick(): Promise<void> {
    while (!this.stopping) {
      const byMs = this.#watch.steppedBy()
      if (byMs !== 0) this.#onStep(byMs)
      for (const job of this.#jobs) if (job.everyTick) void this.#run(job)
      void this.#catchUp()
      this.#lastTick = this.#clock.monotonic()
      await this.#clock.sleep(TICK_MS, this.#stop.signal)
      this.#around.report.ticked({ lateMs: this.lagMs })
      // Not at the start: all jobs have just run, and the first request would wait for the planning.
      if (this.#tasks.length === 0 && !this.stopping) this.#plan()
    }
  }

  #onStep(byMs: number): void {
    this.#around.report.clockStepped({ byMs })
    this.#unplan()
    this.#plan()
    if (byMs > 0) this.#missAll()
  }

  #missAll(): void {
    for (const job of this.#jobs) this.#miss(job)
  }

  #miss(job: Job): void {
    if (!job.everyTick) this.#missed.add(job)
  }

  /** Runs missed jobs one by one, so that they do not all start at once. */
  async #catchUp(): Promise<void> {
    if (this.#catchingUp) return
    this.#catchingUp = true
    for (const job of this.#missed) {
      this.#missed.delete(job)
      await this.#run(job)
    }
    this.#catchingUp = false
  }

  #plan(): void {
    this.#tasks = this.#jobs.map((job) => {
      const task = createTask(job.cron, () => this.#run(job), {
        name: job.name,
        timezone: 'UTC',
        noOverlap: true,
        suppressMissedWarning: true,
        logger: SILENT,
      })
      // node-cron emits this if the process was suspended or busy at the planned second.
      task.on('execution:missed', () => this.#miss(job))
      void task.start()
      return task
    })
  }

  #unplan(): void {
    for (const task of this.#tasks) void task.destroy()
    this.#tasks = []
  }

  /**
   * Skips a job that is running: a new cron task does not know about a run that an old task began.
   */
  async #run(job: Job): Promise<void> {
    if (this.stopping || this.#running.has(job.name)) return
    this.#begun.set(job.name, this.#clock.monotonic())
    const run = this.#guarded(job).finally(() => {
      this.#running.delete(job.name)
      this.#begun.delete(job.name)
      this.#ended.set(job.name, this.#clock.now())
    })
    this.#running.set(job.name, run)
    await run
  }

  async #guarded(job: Job): Promise<void> {
    try {
      await job.run(this.#stop.signal)
    } catch (error) {
      this.#around.report.jobFailed({ job: job.name, error })
    }
  }
}

/** Silences node-cron, because the schedule reports the same failures. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} }

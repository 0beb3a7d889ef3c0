import type { ActiveConnection, LiveConnection } from '../../src/core/connection/connection.ts'
import { type RefreshTraits, UNKNOWN_TRAITS } from '../../src/core/connection/provider.ts'
import { dueAtOf } from '../../src/core/refresh/due-at.ts'
import {
  endsPause,
  pausedIfUnread,
  RECORD_READS_EVERY_MS,
} from '../../src/core/refresh/keep-alive.ts'
import { decideRead, type RefreshPolicy } from '../../src/core/refresh/refresh-policy.ts'
import { MADE_AT, makeConnection, makeToken } from '../../test/support/make-connection.ts'

export const DAY_MS = 24 * 3_600_000
const TOKEN_LIFE_MS = 3_600_000
const MIN_TTL_MS = 60_000

/** How often an app reads a connection. Null: never. */
export type Habit = { readonly readsEveryMs: number | null; readonly idleMs: number | null }

/** `waits`: reads that find no live token. */
export type Counts = { calls: number; reads: number; waits: number }

type Days = {
  /** Counts from this time after the start on. */
  readonly fromMs: number
  readonly untilMs: number
  readonly fraction: () => number
}

/**
 * Simulates one connection with the functions that decide about refreshes and reads, on a clock of
 * its own.
 */
export function simulate(habit: Habit, policy: RefreshPolicy, days: Days): Counts {
  const { untilMs, fraction } = days
  const gap = (): number => (habit.readsEveryMs ?? 2 * untilMs) * (0.5 + fraction())
  const one = new SimulatedConnection(habit, policy, days)
  let nextRead = MADE_AT + gap()
  while (one.now < MADE_AT + untilMs) {
    if (nextRead > one.dueAt) one.handle()
    else {
      one.read(nextRead)
      nextRead += gap()
    }
  }
  return one.counts
}

class SimulatedConnection {
  readonly counts: Counts = { calls: 0, reads: 0, waits: 0 }
  readonly #about: { readonly refresh: RefreshTraits; readonly policy: RefreshPolicy }
  readonly #days: Days
  #connection: LiveConnection = makeConnection()
  #now = MADE_AT

  constructor({ idleMs }: Habit, policy: RefreshPolicy, days: Days) {
    this.#about = { refresh: { ...UNKNOWN_TRAITS, refreshTokenIdleMs: idleMs }, policy }
    this.#days = days
  }

  get now(): number {
    return this.#now
  }

  get dueAt(): number {
    return this.#connection.dueAt ?? Number.POSITIVE_INFINITY
  }

  /** Does what the schedule does when the connection is due. */
  handle(): void {
    this.#now = Math.max(this.#now, this.dueAt)
    if (this.#connection.lastReadAt === null) this.#noteRead()
    const at = { now: this.#now, fraction: this.#days.fraction() }
    const paused = pausedIfUnread(this.#connection, this.#about, at)
    if (paused === null) this.#refresh()
    else this.#connection = paused
  }

  read(at: number): void {
    this.#now = Math.max(this.#now, at)
    this.#count('reads')
    const { policy } = this.#about
    const wish = { minTtlMs: MIN_TTL_MS, rejected: null }
    const decision = decideRead(this.#connection, wish, this.#now)
    if (decision.kind === 'refresh') this.#count('waits')
    const isBehind = decision.kind === 'serve' && decision.refreshBehind
    const isNeeded = isBehind || endsPause(this.#connection, policy, this.#now)
    const { lastReadAt } = this.#connection
    if (lastReadAt === null || this.#now - lastReadAt >= RECORD_READS_EVERY_MS) this.#noteRead()
    if (isNeeded || decision.kind !== 'serve') this.#refresh()
  }

  #noteRead(): void {
    this.#connection = { ...this.#connection, lastReadAt: this.#now }
  }

  #refresh(): void {
    this.#count('calls')
    const token = makeToken({ issuedAt: this.#now, expiresAt: this.#now + TOKEN_LIFE_MS })
    const grant = { ...this.#connection.grant, token } as ActiveConnection['grant']
    const dueAt = dueAtOf(grant, this.#about, this.#days.fraction())
    this.#connection = { ...this.#connection, grant, dueAt }
  }

  #count(what: keyof Counts): void {
    if (this.#now >= MADE_AT + this.#days.fromMs) this.counts[what]++
  }
}

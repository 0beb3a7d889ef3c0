import PQueue from 'p-queue'
import { admission, type Circuit, closedCircuit } from '../../core/refresh/circuit.ts'
import { isOwnClientKey } from '../../core/connection/client-key.ts'
import type { LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId, ProviderId } from '../../core/base/ids.ts'
import type { Clock, Policy, Traffic, Urgency } from '../../ports/ports.ts'
import type { Among } from '../../ports/store.ts'
import { PrunedMap } from './pruned-map.ts'
import { RecentRefreshes } from './recent-refreshes.ts'
import { TokenBucket } from './token-bucket.ts'

type Lane = {
  readonly queue: PQueue
  /** Connections whose last refresh failed wait here, so that they never fill `queue`. */
  readonly troubled: PQueue
  /** How many refreshes wait or run. */
  readonly load: Record<Among, number>
  /** How many refreshes the schedule started in the second that began at `since`. */
  readonly begun: { since: number } & Record<Among, number>
  /** Resolves when the refresh that was admitted last may start. */
  turn: Promise<void>
  readonly bucket: TokenBucket
}

/** Slightly more than a second, because requests may arrive at the provider closer together. */
const PACED_SECOND_MS = 1_050
/**
 * A lane may start the refreshes of this time at once, because timers are late if the process is
 * busy. Half of the time by which a paced second is longer than a second, so that the rate holds in
 * any second.
 */
const BURST_MS = 25
/** Connections whose last refresh failed may use one slot of four. */
const TROUBLED_SHARE = 4
/** After a start, many refreshes are overdue. The schedule begins at this share of its rate … */
const FIRST_SHARE = 0.1
/** … and reaches the full rate after this time. */
const RAMP_MS = 10_000
/** This many refreshes may always start, even during the ramp. */
const HANDFUL = 5

type Limits = Pick<Policy, 'concurrencyPerProvider' | 'ratePerSecond'>

/**
 * One lane per client at a provider. A lane limits concurrency and rate. Refreshes that a caller
 * waits for go first. The rate limit is not p-queue's own, because that uses the wall clock and
 * stalls when the clock is set back.
 */
export class Lanes implements Traffic {
  readonly #clock: Clock
  readonly #limits: Limits
  /** Connections may have their own clients, so callers determine the number of lanes. */
  readonly #lanes = new PrunedMap<string, Lane>((lane) => this.#isIdle(lane))
  readonly #circuits = new PrunedMap<string, Circuit>((circuit) => this.#isOver(circuit))
  #refreshed: RecentRefreshes
  readonly #probing = new Set<string>()
  readonly #openedAt: number

  constructor(clock: Clock, limits: Limits, circuits: readonly Circuit[]) {
    this.#clock = clock
    this.#refreshed = new RecentRefreshes(clock)
    this.#limits = limits
    this.#openedAt = clock.monotonic()
    for (const circuit of circuits) this.#circuits.set(circuit.client, circuit)
  }

  async admit<T>(task: {
    client: string
    id: ConnectionId
    urgency: Urgency
    among: Among
    run: () => Promise<T>
  }): Promise<T> {
    const lane = this.#lane(task.client)
    const paced = async () => {
      await this.#pace(lane)
      return task.run()
    }
    const priority = task.urgency === 'asked' ? 1 : task.among === 'healthy' ? 0 : -1
    const options = { id: task.id, priority }
    const enter = () => lane.queue.add(paced, options)
    lane.load[task.among]++
    try {
      return await (task.among === 'troubled' ? lane.troubled.add(enter, options) : enter())
    } finally {
      lane.load[task.among]--
    }
  }

  hurry(client: string, id: ConnectionId): void {
    const { queue, troubled } = this.#lane(client)
    for (const one of [troubled, queue]) hurryIn(one, id)
  }

  noteStarted(client: string, among: Among): void {
    this.#begunIn(this.#lane(client))[among]++
  }

  room(client: string, among: Among): number {
    const lane = this.#lane(client)
    const begun = this.#begunIn(lane)
    const taken = (one: Among) => Math.max(lane.load[one], begun[one])
    // Imports take room only from other imports, so that they never delay connections in use.
    const imports = among === 'unproven' ? taken('unproven') : 0
    const left = this.#aSecondsWork() - taken('healthy') - taken('troubled') - imports
    const slots = Math.floor(this.#limits.concurrencyPerProvider / TROUBLED_SHARE)
    const share = Math.max(1, slots) - lane.load.troubled
    return Math.max(0, among === 'troubled' ? Math.min(left, share) : left)
  }

  circuit(provider: ProviderId, client: string): Circuit {
    return this.#circuits.get(client) ?? closedCircuit(provider, client)
  }

  circuits(): readonly Circuit[] {
    return this.#circuits.values()
  }

  turn(circuit: Circuit): void {
    this.#circuits.set(circuit.client, circuit)
  }

  claimProbe(client: string): boolean {
    if (this.#probing.has(client)) return false
    this.#probing.add(client)
    return true
  }

  releaseProbe(client: string): void {
    this.#probing.delete(client)
  }

  noteRefreshed(client: string, connection: LiveConnection): void {
    this.#refreshed.note(client, connection)
  }

  hasRefreshedOther(...asked: Parameters<RecentRefreshes['hasOther']>): boolean {
    return this.#refreshed.hasOther(...asked)
  }

  endWaits(): void {
    this.#refreshed = new RecentRefreshes(this.#clock)
    const until = this.#clock.now()
    for (const circuit of this.circuits()) {
      if (circuit.open !== null) this.turn({ ...circuit, open: { ...circuit.open, until } })
    }
  }

  #lane(client: string): Lane {
    const known = this.#lanes.get(client)
    if (known !== undefined) return known
    const concurrency = this.#limits.concurrencyPerProvider
    const lane = {
      queue: new PQueue({ concurrency }),
      troubled: new PQueue({ concurrency: Math.max(1, concurrency - 1) }),
      load: { healthy: 0, unproven: 0, troubled: 0 },
      begun: { since: 0, healthy: 0, unproven: 0, troubled: 0 },
      turn: Promise.resolve(),
      bucket: this.#bucket(),
    }
    this.#lanes.set(client, lane)
    return lane
  }

  #bucket(): TokenBucket {
    const { ratePerSecond } = this.#limits
    const capacity = Math.max(1, Math.floor((ratePerSecond * BURST_MS) / 1_000))
    const msPerToken = PACED_SECOND_MS / ratePerSecond
    return new TokenBucket({ msPerToken, capacity }, this.#clock.monotonic())
  }

  /** A lane without a full bucket is kept: a new lane would start too many refreshes. */
  #isIdle({ queue, troubled, bucket }: Lane): boolean {
    const size = queue.size + queue.pending + troubled.size + troubled.pending
    return size === 0 && bucket.isFull(this.#clock.monotonic())
  }

  /**
   * A connection with its own client also has a back-off, so its expired circuit can be dropped.
   */
  #isOver(circuit: Circuit): boolean {
    return isOwnClientKey(circuit.client) && admission(circuit, this.#clock.now()) !== 'held'
  }

  /** The counts of the current second. A second scan within it shares the same limit. */
  #begunIn({ begun }: Lane): Lane['begun'] {
    const since = Math.floor((this.#clock.monotonic() - this.#openedAt) / 1_000)
    if (begun.since === since) return begun
    return Object.assign(begun, { since, healthy: 0, unproven: 0, troubled: 0 })
  }

  /**
   * How many scheduled refreshes a lane may contain, and may start per second. During the ramp,
   * further due refreshes wait in the database and not in the queue, so that no caller waits behind
   * them.
   */
  #aSecondsWork(): number {
    const { concurrencyPerProvider, ratePerSecond } = this.#limits
    const whole = Math.floor(Math.max(concurrencyPerProvider, ratePerSecond))
    const age = (this.#clock.monotonic() - this.#openedAt) / RAMP_MS
    const ramp = Math.min(1, FIRST_SHARE + (1 - FIRST_SHARE) * age)
    return Math.max(Math.min(HANDFUL, whole), Math.floor(whole * ramp))
  }

  /** Refreshes take their tokens in the order in which they were admitted. */
  #pace(lane: Lane): Promise<void> {
    const former = lane.turn
    lane.turn = this.#next(lane, former)
    return lane.turn
  }

  async #next({ bucket }: Lane, former: Promise<void>): Promise<void> {
    await former
    const wait = bucket.msUntilToken(this.#clock.monotonic())
    if (wait > 0) await this.#clock.sleep(wait)
    bucket.take(this.#clock.monotonic())
  }
}

function hurryIn(queue: PQueue, id: ConnectionId): void {
  try {
    queue.setPriority(id, 1)
  } catch (error) {
    // The refresh has already started or finished.
    if (!(error instanceof ReferenceError)) throw error
  }
}

import type { LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { LandedResult, RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import type { Flights } from '../../ports/ports.ts'

/** Runs one refresh per connection at a time: two would send the same refresh token twice. */
export class SingleFlights implements Flights {
  readonly #air = new Map<ConnectionId, Promise<RefreshResult>>()
  readonly #reserved = new Set<ConnectionId>()
  readonly #parked = new Map<ConnectionId, LandedResult>()
  readonly #saving = new Set<Promise<unknown>>()
  readonly #landing = new AbortController()

  get size(): number {
    return new Set([...this.#air.keys(), ...this.#reserved]).size
  }

  get landing(): AbortSignal {
    return this.#landing.signal
  }

  has(id: ConnectionId): boolean {
    return this.#air.has(id) || this.#parked.has(id)
  }

  isReserved(id: ConnectionId): boolean {
    return this.#reserved.has(id)
  }

  reserve(id: ConnectionId): void {
    this.#reserved.add(id)
  }

  release(id: ConnectionId): void {
    this.#reserved.delete(id)
  }

  async finished(id: ConnectionId): Promise<void> {
    await Promise.allSettled([this.#air.get(id)])
  }

  join(id: ConnectionId, fly: () => Promise<RefreshResult>): Promise<RefreshResult> {
    const current = this.#air.get(id)
    if (current !== undefined) return current
    const parked = this.#parked.get(id)
    if (parked !== undefined) return Promise.resolve(parked)
    if (this.landing.aborted) return Promise.resolve({ kind: 'stopping' })
    // The flight continues if its caller disconnects.
    const flight = Promise.resolve()
      .then(fly)
      .finally(() => this.#air.delete(id))
    this.#air.set(id, flight)
    return flight
  }

  park(result: LandedResult, save: (ending: AbortSignal) => Promise<unknown>): void {
    const { id } = result.connection
    this.#parked.set(id, result)
    const saving = save(this.#landing.signal).finally(() => {
      this.#parked.delete(id)
      this.#saving.delete(saving)
    })
    this.#saving.add(saving)
  }

  parked(id: ConnectionId): LiveConnection | undefined {
    return this.#parked.get(id)?.connection
  }

  async land(): Promise<void> {
    this.#landing.abort()
    while (this.#air.size > 0) await Promise.allSettled(this.#air.values())
    await Promise.allSettled(this.#saving)
  }
}

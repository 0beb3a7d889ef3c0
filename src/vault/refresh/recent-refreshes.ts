import type { LiveConnection } from '../../core/connection/connection.ts'
import type { ConnectionId, Instant } from '../../core/base/ids.ts'
import { sameParams } from '../../core/connection/params.ts'
import type { Clock } from '../../ports/ports.ts'
import { PrunedMap } from './pruned-map.ts'

type Refreshed = {
  readonly at: Instant
  readonly params: LiveConnection['params']
  readonly providerData: string
}

const KEPT_PER_CLIENT = 32
const DAY_MS = 24 * 3_600_000

/**
 * The last refreshed connections of each client. They show that the client works (see
 * `core/refresh/rejection.ts`). They are only in memory, and a new process collects them again.
 */
export class RecentRefreshes {
  readonly #clock: Clock
  readonly #byClient = new PrunedMap<string, Map<ConnectionId, Refreshed>>((of) => this.#isOld(of))

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(client: string, { id, params, providerData }: LiveConnection): void {
    const known = this.#byClient.get(client) ?? new Map<ConnectionId, Refreshed>()
    known.delete(id)
    const data = JSON.stringify(providerData)
    known.set(id, { at: this.#clock.now(), params, providerData: data })
    const [oldest] = known.keys()
    if (known.size > KEPT_PER_CLIENT && oldest !== undefined) known.delete(oldest)
    this.#byClient.set(client, known)
  }

  /**
   * `isOwn`: the endpoint comes from the connection's data, so only connections with equal data are
   * compared.
   */
  hasOther(
    client: string,
    than: LiveConnection,
    { since, isOwn }: { readonly since: Instant; readonly isOwn: boolean },
  ): boolean {
    const providerData = JSON.stringify(than.providerData)
    return [...(this.#byClient.get(client) ?? [])].some(
      ([id, other]) =>
        id !== than.id &&
        other.at >= since &&
        sameParams(other.params, than.params) &&
        (!isOwn || other.providerData === providerData),
    )
  }

  #isOld(known: ReadonlyMap<ConnectionId, Refreshed>): boolean {
    return [...known.values()].every(({ at }) => at < this.#clock.now() - DAY_MS)
  }
}

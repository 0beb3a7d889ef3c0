import { finishAuthorization } from '../../vault/connect/finish-authorization.ts'
import type { LinkEnd } from '../../vault/connect/end-link.ts'
import type { PublicPorts } from './site.ts'

type Demand = Parameters<typeof finishAuthorization>[1]

/** Joins a callback that a browser sends twice at the same time to the first one. */
export class RunningCallbacks {
  readonly #running = new Map<string, Promise<LinkEnd>>()

  finish(ports: PublicPorts, demand: Demand): Promise<LinkEnd> {
    const key = JSON.stringify([demand.provider, demand.browserId, demand.callback.get('state')])
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const begun = finishAuthorization(ports, demand).finally(() => this.#running.delete(key))
    this.#running.set(key, begun)
    return begun
  }
}

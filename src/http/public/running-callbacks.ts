import { finishPageFlow, type PageCallback } from '../../vault/connect/finish-page-flow.ts'
import type { LinkEnd } from '../../vault/connect/end-link.ts'
import type { PublicPorts } from './site.ts'

/**
 * If a browser sends a callback twice at the same time, the second one waits for the result of the
 * first.
 */
export class RunningCallbacks {
  readonly #running = new Map<string, Promise<LinkEnd>>()

  finish(ports: PublicPorts, received: PageCallback): Promise<LinkEnd> {
    const { provider, browserId, callback } = received
    const key = JSON.stringify([provider, browserId, callback.get('state')])
    const running = this.#running.get(key)
    if (running !== undefined) return running
    const begun = finishPageFlow(ports, received).finally(() => this.#running.delete(key))
    this.#running.set(key, begun)
    return begun
  }
}

import { VaultError } from '../../core/base/errors.ts'
import type { WebhookEndpoint, WebhookState } from '../../core/events/webhook.ts'
import type { Ports } from '../../ports/ports.ts'

export type ListedWebhook = {
  readonly endpoint: WebhookEndpoint
  readonly state: WebhookState
  /** How many events come after the cursor. */
  readonly behind: number
  /** How many subjects have a hold: their events wait for one that the receiver did not accept. */
  readonly held: number
}

type Needs = Pick<Ports, 'store' | 'webhooks'>

/** Returns the endpoints in the order of the settings. */
export async function listWebhooks(ports: Needs): Promise<readonly ListedWebhook[]> {
  const states = new Map((await ports.store.webhookStates()).map((state) => [state.id, state]))
  const newest = await ports.store.newestEvent()
  const listed = ports.webhooks.endpoints.map(async (endpoint) => {
    const state = states.get(endpoint.id)
    if (state === undefined) return []
    const held = await ports.store.countHolds(endpoint.id, null)
    return [{ endpoint, state, behind: Math.max(0, newest - state.cursor), held }]
  })
  return (await Promise.all(listed)).flat()
}

export async function findWebhook(ports: Needs, id: string): Promise<ListedWebhook> {
  const found = (await listWebhooks(ports)).find(({ endpoint }) => endpoint.id === id)
  if (found === undefined) throw new VaultError('not_found', 'no such webhook')
  return found
}

import type { LiveConnection } from '../../src/core/connection/connection.ts'
import {
  type ConnectionEventType,
  connectionEvent,
  type VaultEvent,
} from '../../src/core/events/event.ts'
import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import type { WebhookEndpoint } from '../../src/core/events/webhook.ts'
import type { Store } from '../../src/ports/store.ts'
import { systemRandom } from '../../src/observe/system-clock.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { keepWebhooks } from '../../src/vault/webhooks/keep-webhooks.ts'
import { listWebhooks } from '../../src/vault/webhooks/list-webhooks.ts'
import { openWebhooks } from '../../src/webhooks/deliver.ts'
import { makeConnection } from '../support/make-connection.ts'
import { openVaultStore } from '../support/open-vault-store.ts'
import { recordingObserver } from '../support/recording-observer.ts'
import { ShiftedClock } from '../support/shifted-clock.ts'

export const SECOND = 1_000
export const HOUR = 3_600_000
export const DAY = 24 * HOUR

export type Stage = Awaited<ReturnType<typeof openStage>>

/** Wires the use cases to a real store and a real sender, with these endpoints. */
export async function openStage(
  endpoints: readonly WebhookEndpoint[],
  options: { readonly dataDir?: string; readonly clock?: ShiftedClock } = {},
) {
  const { clock = new ShiftedClock(), dataDir } = options
  const vault = await openVaultStore({ clock, ...(dataDir !== undefined && { dataDir }) })
  const webhooks = openWebhooks({ endpoints, clock, deadlineMs: 500 })
  const { observer, observed } = recordingObserver()
  const ports = { clock, random: systemRandom, store: vault.store, observer, webhooks }
  await keepWebhooks(ports)
  const [first] = endpoints
  /** Delivers as the endpoint's job does. */
  const deliver = async (endpoint = first): Promise<void> => {
    if (endpoint !== undefined) while ((await deliverWebhook(ports, endpoint)) > 0);
  }
  return {
    ports,
    clock,
    vault,
    observed,
    webhooks,
    deliver,
    /** An endpoint as the list of webhooks shows it; by default the first one. */
    async listed(id = first?.id) {
      const found = (await listWebhooks(ports)).find(({ endpoint }) => endpoint.id === id)
      if (found === undefined) throw new Error('no such endpoint')
      return found
    },
    /** Delivers again and again while the clock moves. */
    async pass(ms: number, stepMs: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.pass(stepMs)
        await deliver()
      }
    },
    appendCreated: (...users: readonly string[]) =>
      appendAll(vault.store, clock.now(), users.map(createdFor)),
    append: (...events: readonly VaultEvent[]) => appendAll(vault.store, clock.now(), events),
    heard: (what: string) => observed.filter((one) => one.what === what).map(({ about }) => about),
    [Symbol.asyncDispose]: async () => {
      webhooks[Symbol.dispose]()
      await vault[Symbol.asyncDispose]()
    },
  }
}

async function appendAll(store: Store, now: number, events: readonly VaultEvent[]): Promise<void> {
  for (const event of events) await store.write((trx) => trx.appendEvent(event, now))
}

/** `ann` and `ann/2` make events of one connection, which differ in the user that they name. */
export function createdFor(user: string): VaultEvent {
  return eventFor('connection.created', user)
}

export function eventFor(type: ConnectionEventType, user: string, provider = 'acme'): VaultEvent {
  const [name = ''] = user.split('/')
  return connectionEvent(type, connectionOf(user, name, provider), null)
}

function connectionOf(user: string, name: string, provider: string): LiveConnection {
  return makeConnection({
    id: `con_${name}` as ConnectionId,
    userId: user as UserId,
    provider: provider as ProviderId,
  })
}

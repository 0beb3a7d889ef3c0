import type { StoredEvent } from '../../src/core/events/event.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { WebhookEndpoint, WebhookId, WebhookState } from '../../src/core/events/webhook.ts'

export const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
export const OLD_SECRET = `whsec_${Buffer.alloc(32, 2).toString('base64')}`

export function makeEndpoint(
  url: string,
  changes: Partial<Omit<WebhookEndpoint, 'id'>> & { readonly id?: string } = {},
): WebhookEndpoint {
  return {
    url: new URL(url),
    secrets: [new Secret(SECRET)],
    types: null,
    providers: null,
    ...changes,
    id: (changes.id ?? 'app') as WebhookId,
  }
}

export function makeState(changes: Partial<WebhookState> = {}): WebhookState {
  return {
    id: 'app' as WebhookId,
    cursor: 0,
    replay: null,
    failures: 0,
    failingSince: null,
    dueAt: 0,
    lastFailure: null,
    lastAcceptedAt: null,
    lost: 0,
    enableCount: 0,
    disabled: null,
    ...changes,
  }
}

export function makeEvent(sequence: number, subject = 'con_a'): StoredEvent {
  return {
    sequence,
    id: `evt_${sequence}`,
    type: 'connection.created',
    subject,
    provider: 'acme' as ProviderId,
    createdAt: Date.UTC(2026, 10, 22, 12),
    data: JSON.stringify({ connection: { id: subject, userId: 'user-1' } }),
  }
}

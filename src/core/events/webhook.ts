import {
  CONNECTION_EVENT_TYPES,
  PROVIDER_EVENT_TYPES,
  type StoredEvent,
  type VaultEvent,
} from './event.ts'
import type { Instant, ProviderId } from '../base/ids.ts'
import type { Secret } from '../base/secret.ts'

export type WebhookId = string & { readonly brand: 'WebhookId' }
export type EventType = VaultEvent['type']

const EVERY_TYPE: ReadonlySet<string> = new Set([
  ...CONNECTION_EVENT_TYPES,
  ...PROVIDER_EVENT_TYPES,
])

export function isEventType(text: string): text is EventType {
  return EVERY_TYPE.has(text)
}

/** Where the settings want events to be told. */
export type WebhookEndpoint = {
  /** Of the settings, or made from the URL: what is known of an endpoint is kept under it. */
  readonly id: WebhookId
  readonly url: URL
  /** Every delivery is signed with each, so that one can be replaced while receivers know the other. */
  readonly secrets: readonly Secret[]
  /** Null: all. */
  readonly types: ReadonlySet<EventType> | null
  readonly providers: ReadonlySet<ProviderId> | null
}

/** What is known of an endpoint from one start to the next. Events are named by their sequence. */
export type WebhookState = {
  readonly id: WebhookId
  /** Up to here each event was accepted, is held back, or was not wanted. */
  readonly cursor: number
  /** Events after `after`, up to `until`, are told again before anything new is. */
  readonly replay: { readonly after: number; readonly until: number } | null
  /** In a row. */
  readonly failures: number
  readonly failingSince: Instant | null
  /** Nothing is sent before. */
  readonly dueAt: Instant
  readonly lastFailure: { readonly at: Instant; readonly detail: string } | null
  readonly lastAcceptedAt: Instant | null
  /** Events that were deleted before they were accepted, since the endpoint was last enabled. */
  readonly lost: number
  /** How often an operator enabled it: an answer to a request from before that changes no wait. */
  readonly enableCount: number
  readonly disabled: { readonly reason: DisabledReason; readonly at: Instant } | null
}

/** `gone`: it answered 410. `failing`: it accepted nothing for days. */
export type DisabledReason = 'gone' | 'failing'

/**
 * One event of a subject was not accepted: it and every later event of the subject wait, so that a
 * receiver gets the events of each connection in order. The scan passes over all of them.
 */
export type Hold = {
  /** See `StoredEvent`. */
  readonly subject: string
  /** The first event that waits. */
  readonly sequence: number
  /** How often that very event was refused. */
  readonly attempts: number
  readonly dueAt: Instant
  /** The endpoint has never accepted an event of the subject from here on; earlier ones are replayed. */
  readonly owedFrom: number
  /** Owed events that were deleted and are not counted in the state yet. */
  readonly lost: number
}

/** `detail` is from a closed list and never what a receiver wrote. */
export type DeliveryOutcome =
  /** Any 2xx: the receiver has it. */
  | { readonly kind: 'accepted' }
  /** 410: the receiver wants no more. */
  | { readonly kind: 'gone' }
  /** It answered this event with something else; others may fare better. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** It cannot be reached, does not answer in time, or says that it is too busy. */
  | {
      readonly kind: 'unavailable'
      readonly detail: string
      readonly retryAfterMs: number | null
    }
  /** We are stopping: whether it arrived is not known, and no fault of the receiver's. */
  | { readonly kind: 'stopped' }

export type WebhookStatus = 'active' | 'failing' | 'disabled'

export function webhookStatus(state: WebhookState): WebhookStatus {
  if (state.disabled !== null) return 'disabled'
  return state.failures > 0 ? 'failing' : 'active'
}

export function wants(
  endpoint: Pick<WebhookEndpoint, 'types' | 'providers'>,
  event: Pick<StoredEvent, 'type' | 'provider'>,
): boolean {
  const { types, providers } = endpoint
  return (
    (types === null || types.has(event.type)) &&
    (providers === null || providers.has(event.provider))
  )
}

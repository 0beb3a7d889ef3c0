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

/** A configured receiver of events. */
export type WebhookEndpoint = {
  /** From the settings, or derived from the URL. The stored state of the endpoint has this key. */
  readonly id: WebhookId
  readonly url: URL
  /** Every delivery has a signature for each secret, so that a secret can be rotated. */
  readonly secrets: readonly Secret[]
  /** Null: all event types. */
  readonly types: ReadonlySet<EventType> | null
  readonly providers: ReadonlySet<ProviderId> | null
}

/** The stored state of an endpoint. `cursor`, `after` and `until` are event sequences. */
export type WebhookState = {
  readonly id: WebhookId
  /** Every event up to here was accepted, is on hold, or did not match the endpoint's filters. */
  readonly cursor: number
  /** Events after `after`, up to and including `until`, are sent again before any new event. */
  readonly replay: { readonly after: number; readonly until: number } | null
  /** Consecutive failures. */
  readonly failures: number
  readonly failingSince: Instant | null
  /** Nothing is sent before this time. */
  readonly dueAt: Instant
  readonly lastFailure: { readonly at: Instant; readonly detail: string } | null
  readonly lastAcceptedAt: Instant | null
  /**
   * How many events were deleted before they were accepted, since the endpoint was last enabled.
   */
  readonly lost: number
  /**
   * How often an operator enabled the endpoint. Failures of requests that were sent before are
   * ignored.
   */
  readonly enableCount: number
  readonly disabled: { readonly reason: DisabledReason; readonly at: Instant } | null
}

/** `gone`: the receiver answered 410. `failing`: it accepted no event for days. */
export type DisabledReason = 'gone' | 'failing'

/**
 * An event of a subject was not accepted. It waits, and so does every later event of the subject,
 * so that a receiver gets the events of each connection in order. The scan skips all these events.
 */
export type Hold = {
  /** See `StoredEvent`. */
  readonly subject: string
  /** The first event that waits. */
  readonly sequence: number
  /** How often the first waiting event was refused. */
  readonly attempts: number
  readonly dueAt: Instant
  /**
   * The endpoint has never accepted an event of the subject from here on. Earlier waiting events
   * are replays.
   */
  readonly owedFrom: number
  /**
   * How many events were deleted without being accepted, and are not in `WebhookState.lost` yet.
   */
  readonly lost: number
}

/** `detail` is from a fixed list, and never text from the receiver. */
export type DeliveryOutcome =
  /** Any 2xx: the receiver has the event. */
  | { readonly kind: 'accepted' }
  /** 410: the receiver wants no more events. */
  | { readonly kind: 'gone' }
  /** Any other answer. The receiver may still accept other events. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** The receiver cannot be reached, does not answer in time, or is too busy. */
  | {
      readonly kind: 'unavailable'
      readonly detail: string
      readonly retryAfterMs: number | null
    }
  /** Larder is stopping. The event may have arrived, and the receiver is not at fault. */
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

import type { Caller } from '../core/base/access.ts'
import type { StoredEvent } from '../core/events/event.ts'
import type { Instant } from '../core/base/ids.ts'
import type { Hold, WebhookId, WebhookState } from '../core/events/webhook.ts'

export type EventFilter = {
  readonly after: number
  /** Absent: up to the newest event. */
  readonly until?: number
  readonly limit: number
  readonly reach: Pick<Caller, 'providers' | 'userIdPrefix'>
  /** Absent or null: all types. */
  readonly types?: ReadonlySet<StoredEvent['type']> | null
}

export type EventPage = {
  readonly events: readonly StoredEvent[]
  /** All kept events up to here that match are in `events`. */
  readonly reached: number
}

/** The state of webhook endpoints. Events are identified by their sequence. */
export interface WebhookReads {
  webhookStates(): Promise<readonly WebhookState[]>
  webhookState(id: WebhookId): Promise<WebhookState | null>
  /** The newest sequence, deleted events included. */
  newestEvent(): Promise<number>
  /** The last event before an instant. */
  lastEventBefore(instant: Instant): Promise<number>
  /** Events of one subject, both ends included. */
  eventsOf(
    subject: string,
    range: { readonly from: number; readonly until: number; readonly limit: number },
  ): Promise<readonly StoredEvent[]>
  /** Due holds whose first event is at `until` or earlier, soonest first. */
  dueHolds(
    id: WebhookId,
    which: { readonly now: Instant; readonly until: number; readonly limit: number },
  ): Promise<readonly Hold[]>
  /** Holds whose first event is at `until` or earlier. */
  countHolds(id: WebhookId, until: number): Promise<number>
  /** The first waiting event of each held subject. */
  holdsOf(id: WebhookId, subjects: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The number of kept events after `after`, up to `until`. */
  countEvents(after: number, until: number): Promise<number>
}

export interface WebhookWrites {
  /** Inserts new endpoints at the newest event. Removes endpoints that left the settings long ago. */
  keepWebhooks(ids: readonly WebhookId[], now: Instant): Promise<void>
  /** Wins only if no delivery runs. After a crash the claim holds until its end. */
  claimWebhook(
    id: WebhookId,
    claim: { readonly now: Instant; readonly until: Instant },
  ): Promise<{ readonly won: boolean }>
  endClaim(id: WebhookId): Promise<void>
  saveWebhook(state: WebhookState): Promise<void>
  /** Changes nothing if the hold differs from `before`. Null: no hold. */
  saveHold(id: WebhookId, before: Hold | null, after: Hold | null): Promise<void>
  /** Makes all holds due now. */
  hurryHolds(id: WebhookId, now: Instant): Promise<void>
}

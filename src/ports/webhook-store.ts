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
  /** `events` contains all matching stored events up to this sequence. */
  readonly reached: number
}

/** The state of webhook endpoints. Events are identified by sequence. */
export interface WebhookReads {
  webhookStates(): Promise<readonly WebhookState[]>
  webhookState(id: WebhookId): Promise<WebhookState | null>
  /** The sequence of the newest event, even if that event is deleted. */
  newestEvent(): Promise<number>
  /** The sequence of the last event before an instant. */
  lastEventBefore(instant: Instant): Promise<number>
  /** Events of one subject. Both ends of the range are included. */
  eventsOf(
    subject: string,
    range: { readonly from: number; readonly until: number; readonly limit: number },
  ): Promise<readonly StoredEvent[]>
  /** Due holds whose first event is at `until` or earlier, ordered by due time. */
  dueHolds(
    id: WebhookId,
    which: { readonly now: Instant; readonly until: number; readonly limit: number },
  ): Promise<readonly Hold[]>
  /** Counts the holds whose first event is at `until` or earlier. With null, counts all. */
  countHolds(id: WebhookId, until: number | null): Promise<number>
  /** The sequence of the first waiting event of each subject with a hold. */
  holdsOf(id: WebhookId, subjects: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** The number of stored events after `after`, up to `until`. */
  countEvents(after: number, until: number): Promise<number>
}

export interface WebhookWrites {
  /**
   * Inserts new endpoints, which get only events from now on. Deletes endpoints that were removed
   * from the settings long ago.
   */
  keepWebhooks(ids: readonly WebhookId[], now: Instant): Promise<void>
  /**
   * Claims the endpoint for one delivery. Fails while another delivery holds the claim. After a
   * crash, the claim stays until it expires.
   */
  claimWebhook(
    id: WebhookId,
    claim: { readonly now: Instant; readonly until: Instant },
  ): Promise<{ readonly won: boolean }>
  endClaim(id: WebhookId): Promise<void>
  saveWebhook(state: WebhookState): Promise<void>
  /** Changes nothing if the stored hold differs from `before`. Null means no hold. */
  saveHold(id: WebhookId, before: Hold | null, after: Hold | null): Promise<void>
  /** Makes all holds due now. */
  hurryHolds(id: WebhookId, now: Instant): Promise<void>
}

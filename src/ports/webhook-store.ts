import type { Caller } from '../core/base/access.ts'
import type { StoredEvent } from '../core/events/event.ts'
import type { Instant } from '../core/base/ids.ts'
import type { Hold, WebhookId, WebhookState } from '../core/events/webhook.ts'

export type EventFilter = {
  readonly after: number
  /** Absent: the newest. */
  readonly until?: number
  readonly limit: number
  readonly reach: Pick<Caller, 'providers' | 'userIdPrefix'>
  /** Absent or null: all. */
  readonly types?: ReadonlySet<StoredEvent['type']> | null
}

export type EventPage = {
  readonly events: readonly StoredEvent[]
  /** All events that the filter matches up to here are in `events`, or were deleted. */
  readonly reached: number
}

/** What is known of webhook endpoints. Events are named by their sequence. */
export interface WebhookReads {
  webhookStates(): Promise<readonly WebhookState[]>
  webhookState(id: WebhookId): Promise<WebhookState | null>
  /** The newest ever written, whether it is kept or not. */
  newestEvent(): Promise<number>
  /** The last of those written before an instant. */
  lastEventBefore(instant: Instant): Promise<number>
  /** Of one subject, both ends included. */
  eventsOf(
    subject: string,
    range: { readonly from: number; readonly until: number; readonly limit: number },
  ): Promise<readonly StoredEvent[]>
  /** Those that are due and whose first event is at `until` or earlier, soonest first. */
  dueHolds(
    id: WebhookId,
    which: { readonly now: Instant; readonly until: number; readonly limit: number },
  ): Promise<readonly Hold[]>
  /** Holds whose first event is at `until` or earlier. */
  countHolds(id: WebhookId, until: number): Promise<number>
  /** The first event that waits, of those of these subjects that are held back. */
  holdsOf(id: WebhookId, subjects: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** How many are kept after `after`, up to `until`. */
  countEvents(after: number, until: number): Promise<number>
}

export interface WebhookWrites {
  /** Begins with those that are new at the newest event; forgets those long gone from the settings. */
  keepWebhooks(ids: readonly WebhookId[], now: Instant): Promise<void>
  /** Wins only if no delivery to it is under way; a process that dies holds the claim to its end. */
  claimWebhook(
    id: WebhookId,
    claim: { readonly now: Instant; readonly until: Instant },
  ): Promise<{ readonly won: boolean }>
  endClaim(id: WebhookId): Promise<void>
  saveWebhook(state: WebhookState): Promise<void>
  /** Does nothing to a hold that was moved since `before` was read. Null: there was none, there is none. */
  saveHold(id: WebhookId, before: Hold | null, after: Hold | null): Promise<void>
  /** All holds are due at once. */
  hurryHolds(id: WebhookId, now: Instant): Promise<void>
}

import type { Caller } from '../core/base/access.ts'
import type { FailureReason } from '../core/connection/connection.ts'
import type { ConnectionId, KeyId, LinkId, ProviderId } from '../core/base/ids.ts'
import type { AttemptOutcome, Unfortunate } from '../core/refresh/refresh-outcome.ts'
import type { DeliveryOutcome, DisabledReason, WebhookId } from '../core/events/webhook.ts'

import type { FileCheckResult } from './file-check.ts'

export type ConnectWay = 'link' | 'headless' | 'import'

/** Business events. `observe/events.ts` turns each event into a log line, a metric or both. */
export interface Observer {
  connected(e: { id: ConnectionId; provider: ProviderId; how: ConnectWay }): void
  reconnected(e: { id: ConnectionId; provider: ProviderId }): void
  /** The connection works now but will stop working. `detail` says what to change. */
  connectWarned(e: { id: ConnectionId; provider: ProviderId; code: string; detail: string }): void
  /**
   * `detail` is an error code of the provider or a sentence that Larder wrote, never the provider's
   * text.
   */
  connectFailed(e: {
    provider: ProviderId
    how: ConnectWay
    link?: LinkId
    code: string
    detail: string
  }): void
  /**
   * A bug in Larder, after the user returned from the provider. The user sees the error code
   * `internal`.
   */
  connectBroke(e: { provider: ProviderId; link: LinkId; error: unknown }): void
  deleted(e: { id: ConnectionId; provider: ProviderId; by: Caller['keyId'] }): void
  /** The event has no user id, because user ids belong to the app. */
  userDeleted(e: { by: Caller['keyId']; connections: number }): void
  keyCreated(e: { key: KeyId; by: Caller['keyId'] }): void
  keyRevoked(e: { key: KeyId; by: Caller['keyId'] }): void
  refreshed(e: { id: ConnectionId; provider: ProviderId; generation: number }): void
  /** The provider accepted the credentials. */
  confirmed(e: { id: ConnectionId; provider: ProviderId }): void
  refreshFailed(e: {
    id: ConnectionId
    provider: ProviderId
    outcome: Unfortunate['kind']
    detail: string
  }): void
  /** How long the provider took, including a replay. Goes to a metric, not to the log. */
  refreshTook(e: { provider: ProviderId; outcome: AttemptOutcome['kind']; ms: number }): void
  /** The user must reconnect. */
  disconnected(e: {
    id: ConnectionId
    provider: ProviderId
    reason: FailureReason
    detail: string
  }): void
  /** A refresh that no caller waits for failed because of an error in Larder or in the store. */
  refreshBroke(e: { id: ConnectionId; provider: ProviderId; error: unknown }): void
  /**
   * Neither the database nor the journal stored the rotation. If the process ends now, the rotation
   * is lost.
   */
  rotationInMemory(e: { id: ConnectionId; provider: ProviderId }): void
  /** A rotation that was only in memory is now stored. */
  rotationSaved(e: { id: ConnectionId; provider: ProviderId }): void
  /** The rotation is not stored, because the connection now has another grant. */
  refreshLost(e: { id: ConnectionId; provider: ProviderId }): void
  circuitChanged(e: {
    provider: ProviderId
    /** `own` is a connection's own client. */
    client: 'configured' | 'own'
    /** The connection whose refresh got the response. */
    id: ConnectionId
    reason: string | null
    open: boolean
  }): void
  /**
   * The metadata of the issuer cannot be fetched, so users cannot connect. Called once per outage.
   */
  issuerUnreachable(e: { provider: ProviderId; detail: string }): void
  revoked(e: { provider: ProviderId }): void
  /** The provider cannot revoke these tokens, so the grant stays valid. */
  revocationUnsupported(e: { provider: ProviderId }): void
  /** The revocation was skipped, because it would end a grant that a connection uses. */
  revocationSkipped(e: { provider: ProviderId }): void
  /** The revocation failed and will be retried. */
  revocationFailed(e: { provider: ProviderId; detail: string }): void
  /**
   * The revocation failed for a week and is no longer retried. The grant stays valid at the
   * provider.
   */
  revocationGivenUp(e: { provider: ProviderId; detail: string }): void
  /** The provider now accepts a different secret of the configured client. */
  clientSecretSwitched(e: { provider: ProviderId; index: number; count: number }): void
  unreadable(e: { id: string; table: string; field: string }): void
  /** A check of the whole database ended. */
  databaseChecked(e: { result: FileCheckResult; tookMs: number }): void
  tokenServed(e: { provider: ProviderId; how: 'cache' | 'refresh' }): void
  webhookAccepted(e: { webhook: WebhookId; event: string }): void
  webhookFailed(e: {
    webhook: WebhookId
    event: string
    outcome: Exclude<DeliveryOutcome['kind'], 'accepted' | 'stopped'>
    detail: string
  }): void
  /** No event is sent until an operator enables the webhook. */
  webhookDisabled(e: { webhook: WebhookId; reason: DisabledReason }): void
  webhookEnabled(e: { webhook: WebhookId }): void
  /**
   * Events were deleted before the receiver accepted them. The deleted events may include types
   * that the receiver ignores.
   */
  webhookLost(e: { webhook: WebhookId; count: number }): void
  /** An operator asked Larder to send again the events after sequence `after`, up to `until`. */
  webhookReplayed(e: { webhook: WebhookId; after: number; until: number }): void
}

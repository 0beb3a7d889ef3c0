import type { Connection, FailureReason, LiveConnection, Status } from '../connection/connection.ts'
import type { NextAction } from '../base/errors.ts'
import type { Instant, ProviderId } from '../base/ids.ts'
import { isQuiet } from '../connection/quiet-import.ts'

export const CONNECTION_EVENT_TYPES = [
  'connection.created',
  'connection.reconnected',
  'connection.failing',
  'connection.recovered',
  'connection.disconnected',
  'connection.deleted',
  'connection.expiring',
] as const

export const PROVIDER_EVENT_TYPES = [
  'provider.unavailable',
  'provider.recovered',
  'provider.misconfigured',
] as const

/** The reasons of provider events. */
export const PROVIDER_EVENT_REASONS = ['unavailable', 'misconfigured'] as const

export type ConnectionEventType = (typeof CONNECTION_EVENT_TYPES)[number]

export type ProviderEventType = (typeof PROVIDER_EVENT_TYPES)[number]

/** An event for the host app about a change. Stored in the same transaction as the change. */
export type VaultEvent = ConnectionEvent | ProviderEvent

export type ConnectionEvent = {
  readonly type: ConnectionEventType
  readonly connection: Connection
  readonly previousStatus: Status | null
  readonly reason: FailureReason | null
  readonly nextAction: NextAction | null
}

export type ProviderEvent = {
  readonly type: ProviderEventType
  readonly provider: ProviderId
  readonly reason: (typeof PROVIDER_EVENT_REASONS)[number] | null
  readonly nextAction: NextAction | null
}

/** An event from the store. Its body was built when the event was written. */
export type StoredEvent = {
  readonly sequence: number
  readonly id: string
  readonly type: VaultEvent['type']
  /** See `subjectOf`. The events of one subject are delivered in order. */
  readonly subject: string
  readonly provider: ProviderId
  readonly createdAt: Instant
  /** The JSON text of `data`. It is sealed in the store. */
  readonly data: string
}

/** The connection or the provider that the event is about. */
export function subjectOf(event: VaultEvent): string {
  return 'connection' in event ? event.connection.id : `provider/${event.provider}`
}

const NEXT_ACTION: Record<FailureReason, NextAction> = {
  revoked: 'reauthorize',
  expired: 'reauthorize',
  interrupted: 'reauthorize',
  no_refresh_token: 'reauthorize',
  account_mismatch: 'reauthorize',
  unreadable: 'reauthorize',
  refused: 'reauthorize',
  unproven: 'retry',
  provider_unavailable: 'retry',
  throttled: 'retry',
  provider_misconfigured: 'fix_configuration',
}

export function nextAction(reason: FailureReason): NextAction {
  return NEXT_ACTION[reason]
}

export function connectionEvent(
  type: ConnectionEventType,
  connection: Connection,
  previous: Connection | null,
): VaultEvent {
  const about = { type, connection, previousStatus: previous?.status ?? null }
  // Ignore any current failure: only the user can extend an expiring grant.
  if (type === 'connection.expiring') return { ...about, reason: null, nextAction: 'reauthorize' }
  const reason = connection.status === 'pending' ? null : (connection.failure?.reason ?? null)
  return { ...about, reason, nextAction: reason === null ? null : nextAction(reason) }
}

/**
 * The events of a refresh: for a changed status, and for the first failure with the reason
 * `refused`. Drafts have no events.
 */
export function refreshEvents(before: LiveConnection, after: LiveConnection): VaultEvent[] {
  const isNews = before.status !== after.status || (isRefused(after) && !isRefused(before))
  const isFirstProof = before.failure?.reason === 'unproven' && after.status === 'active'
  if (!isNews || after.draft !== null || (isFirstProof && isQuiet(before))) return []
  const type = (
    {
      active: 'connection.recovered',
      failing: 'connection.failing',
      disconnected: 'connection.disconnected',
    } as const
  )[after.status]
  return [connectionEvent(type, after, before)]
}

function isRefused({ failure }: LiveConnection): boolean {
  return failure?.reason === 'refused'
}

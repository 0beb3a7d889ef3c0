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

/** Why a provider as such is reported. */
export const PROVIDER_EVENT_REASONS = ['unavailable', 'misconfigured'] as const

export type ConnectionEventType = (typeof CONNECTION_EVENT_TYPES)[number]

export type ProviderEventType = (typeof PROVIDER_EVENT_TYPES)[number]

/** A change the host app hears of; written in the transaction of the change itself. */
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

/** An event as it is read back: its body was fixed when it was written. */
export type StoredEvent = {
  readonly sequence: number
  readonly id: string
  readonly type: VaultEvent['type']
  /** Whom it tells of: events of one subject are told in their order. See `subjectOf`. */
  readonly subject: string
  readonly provider: ProviderId
  readonly createdAt: Instant
  /** Wire form of `data`, sealed at rest. */
  readonly data: string
}

/** A connection, or a provider as such. */
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
  // Whatever else may be wrong with it just now: its end only the user can put off.
  if (type === 'connection.expiring') return { ...about, reason: null, nextAction: 'reauthorize' }
  const reason = connection.status === 'pending' ? null : (connection.failure?.reason ?? null)
  return { ...about, reason, nextAction: reason === null ? null : nextAction(reason) }
}

/**
 * What a refresh told the world: changes of status, and that a failing connection is refused from now
 * on. Drafts have no world yet.
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

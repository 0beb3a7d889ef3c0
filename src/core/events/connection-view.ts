import { parseJson } from '../base/json.ts'
import {
  type Connection,
  isLive,
  isRenewable,
  missingScope,
  tokenLives,
} from '../connection/connection.ts'
import {
  type ConnectionEvent,
  type ConnectionEventType,
  nextAction,
  type ProviderEvent,
  type ProviderEventType,
  type StoredEvent,
  type VaultEvent,
} from './event.ts'
import type { Instant } from '../base/ids.ts'

/** The JSON form of a connection in API answers and events. It contains no token. */
export type ConnectionView = ReturnType<typeof viewConnection>

export function viewConnection(connection: Connection, now: Instant) {
  const live = isLive(connection) ? connection : null
  const { account } = connection
  return {
    id: connection.id,
    userId: connection.userId,
    provider: connection.provider,
    label: connection.label,
    account,
    email: account.email,
    status: connection.status,
    alive: connection.status !== 'disconnected' && tokenLives(connection, now),
    scope: live?.grant.scope ?? [],
    missingScope: live === null ? [] : missingScope(live.grant),
    expiresAt: isoOrNull(live?.grant.token?.expiresAt),
    grantExpiresAt: isoOrNull(live?.grant.refreshTokenExpiresAt),
    accessToken: null as string | null,
    refreshToken: null,
    refreshable: live !== null && isRenewable(live.grant),
    nextRefreshAt: live?.status === 'disconnected' ? null : isoOrNull(live?.dueAt),
    lastRefreshedAt: isoOrNull(connection.lastRefreshedAt),
    failure: live?.failure ? viewFailure(live.failure) : null,
    metadata: connection.metadata,
    providerData: shownData(connection.providerData),
    createdAt: iso(connection.createdAt),
    updatedAt: iso(connection.updatedAt),
  }
}

/** Removes Larder's internal values. Their names begin with `$`. */
function shownData(providerData: Connection['providerData']): Connection['providerData'] {
  return Object.fromEntries(Object.entries(providerData).filter(([name]) => !name.startsWith('$')))
}

function viewFailure(failure: NonNullable<Extract<Connection, { failure: unknown }>['failure']>) {
  return {
    reason: failure.reason,
    detail: failure.detail,
    since: iso(failure.since),
    attempts: failure.attempts,
    nextAction: nextAction(failure.reason),
  }
}

/** The `data` of an event's body. */
export function viewEvent(event: VaultEvent, now: Instant) {
  return 'connection' in event ? viewConnectionEvent(event, now) : viewProviderEvent(event)
}

function viewConnectionEvent(event: ConnectionEvent, now: Instant) {
  return {
    connection: viewConnection(event.connection, now),
    ...(event.previousStatus === null ? {} : { previousStatus: event.previousStatus }),
    ...(event.reason === null ? {} : { reason: event.reason }),
    ...(event.nextAction === null ? {} : { nextAction: event.nextAction }),
  }
}

function viewProviderEvent(event: ProviderEvent) {
  return {
    provider: event.provider,
    ...(event.reason === null ? {} : { reason: event.reason }),
    ...(event.nextAction === null ? {} : { nextAction: event.nextAction }),
  }
}

/** The JSON form of an event for callers and webhooks. `type` determines `data`. */
export type EventView = { readonly id: string; readonly createdAt: string } & (
  | { readonly type: ConnectionEventType; readonly data: ReturnType<typeof viewConnectionEvent> }
  | { readonly type: ProviderEventType; readonly data: ReturnType<typeof viewProviderEvent> }
)

/** Callers and webhooks get the same body, byte for byte. */
export function viewStoredEvent(event: StoredEvent): EventView {
  return {
    id: event.id,
    type: event.type,
    createdAt: iso(event.createdAt),
    data: parseJson(event.data),
    // The cast is safe: `viewEvent` built the data for this type when the event was written.
  } as EventView
}

export function iso(instant: Instant): string {
  return new Date(instant).toISOString()
}

export function isoOrNull(instant: Instant | null | undefined): string | null {
  return instant == null ? null : iso(instant)
}

import type { Attempt, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { Provider } from '../connection/provider.ts'

/**
 * Returns the time since which the refresh token may be spent. If both attempts are within one
 * grace, this is the time of the previous attempt, because the grace starts with the first use. A
 * later attempt starts a new grace.
 */
export function unknownSince(
  previous: Attempt | null,
  sentAt: Instant,
  { graceMs }: Pick<Provider['refresh'], 'graceMs'>,
): Instant {
  const isOfOneGrace = previous !== null && Math.abs(sentAt - previous.sentAt) <= graceMs
  return isOfOneGrace ? previous.sentAt : sentAt
}

type At = {
  readonly now: Instant
  readonly provider: Pick<Provider, 'refresh'>
}

const TRIES_WITHIN_GRACE = 5

/**
 * The wait before the refresh token is sent again. Within the grace, the provider still answers
 * with the lost rotation. Infinite if the next retry would come after the grace: then the caller
 * uses the back-off.
 */
export function rescueWaitMs(connection: LiveConnection, at: At): number {
  const waitMs = at.provider.refresh.graceMs / TRIES_WITHIN_GRACE
  return graceLeftMs(connection, at) > waitMs ? waitMs : Number.POSITIVE_INFINITY
}

export function graceLeftMs({ attempt }: LiveConnection, { now, provider }: At): number {
  return attempt === null ? 0 : attempt.sentAt + provider.refresh.graceMs - now
}

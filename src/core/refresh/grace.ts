import type { Attempt, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { Provider } from '../connection/provider.ts'

/**
 * Of tries that follow each other within the provider's grace the first counts: what it may have spent
 * is gone when that grace is over, however often it was asked for meanwhile. A try long after the last
 * one may have spent something anew.
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
 * While a lost rotation can still be had, it is asked for a few times, whatever else went wrong before.
 * A try that would come too late for that waits for its back-off: it begins a grace of its own.
 */
export function rescueWaitMs(connection: LiveConnection, at: At): number {
  const waitMs = at.provider.refresh.graceMs / TRIES_WITHIN_GRACE
  return graceLeftMs(connection, at) > waitMs ? waitMs : Number.POSITIVE_INFINITY
}

export function graceLeftMs({ attempt }: LiveConnection, { now, provider }: At): number {
  return attempt === null ? 0 : attempt.sentAt + provider.refresh.graceMs - now
}

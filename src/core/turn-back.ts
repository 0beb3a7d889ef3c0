import type { Attempt, Failure, Grant, LiveConnection } from './connection.ts'
import type { Instant } from './ids.ts'

/**
 * A connection as if all of its times had been written under a clock that is `byMs` behind: when the
 * wall clock is set back, whatever was to happen in so many minutes still does.
 */
export function turnedBack(connection: LiveConnection, byMs: number): LiveConnection {
  const back = (instant: Instant) => instant - byMs
  const backOrNull = (instant: Instant | null) => (instant === null ? null : back(instant))
  const turned = {
    grant: turnedGrant(connection.grant, { back, backOrNull }),
    attempt: turnedAttempt(connection.attempt, back),
    dueAt: backOrNull(connection.dueAt),
    lastRefreshedAt: backOrNull(connection.lastRefreshedAt),
  }
  return connection.status === 'active'
    ? { ...connection, ...turned }
    : { ...connection, ...turned, failure: turnedFailure(connection.failure, back) }
}

/**
 * How long the process was down under another clock nobody knows: a token that can be renewed counts
 * as ended, and is.
 */
export function distrusted(connection: LiveConnection, now: Instant): LiveConnection {
  const { grant } = connection
  if (grant.token === null || grant.refreshToken === null) return connection
  const token = { ...grant.token, expiresAt: now }
  const dueAt = connection.status === 'disconnected' ? connection.dueAt : now
  return { ...connection, grant: { ...grant, token }, dueAt }
}

type Turn = {
  readonly back: (instant: Instant) => Instant
  readonly backOrNull: (instant: Instant | null) => Instant | null
}

function turnedGrant(grant: Grant, { back, backOrNull }: Turn): Grant {
  const { token } = grant
  return {
    ...grant,
    refreshTokenExpiresAt: backOrNull(grant.refreshTokenExpiresAt),
    token:
      token === null
        ? null
        : { ...token, issuedAt: back(token.issuedAt), expiresAt: backOrNull(token.expiresAt) },
  }
}

function turnedAttempt(attempt: Attempt | null, back: Turn['back']): Attempt | null {
  return attempt === null ? null : { ...attempt, sentAt: back(attempt.sentAt) }
}

function turnedFailure(failure: Failure, back: Turn['back']): Failure {
  return { ...failure, since: back(failure.since) }
}

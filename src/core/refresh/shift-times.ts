import {
  type AccessToken,
  type Attempt,
  type Failure,
  type Grant,
  isRenewable,
  type LiveConnection,
} from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'

/**
 * A connection as if all of its times had been written under a clock that is `byMs` behind: when the
 * wall clock is set back, whatever was to happen in so many minutes still does.
 */
export function shiftedTimes(connection: LiveConnection, byMs: number): LiveConnection {
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
  if (grant.kind === 'credentials' || grant.token === null || !isRenewable(grant)) return connection
  const token = { ...grant.token, expiresAt: now }
  const dueAt = connection.status === 'disconnected' ? connection.dueAt : now
  return { ...connection, grant: { ...grant, token }, dueAt }
}

type Turn = {
  readonly back: (instant: Instant) => Instant
  readonly backOrNull: (instant: Instant | null) => Instant | null
}

function turnedGrant(grant: Grant, turn: Turn): Grant {
  switch (grant.kind) {
    case 'oauth': {
      const refreshTokenExpiresAt = turn.backOrNull(grant.refreshTokenExpiresAt)
      const endNoticeAt = turn.backOrNull(grant.endNoticeAt)
      const token = turnedToken(grant.token, turn)
      return { ...grant, token, refreshTokenExpiresAt, endNoticeAt }
    }
    case 'machine':
      return { ...grant, token: turnedToken(grant.token, turn) }
    case 'credentials':
      return grant
    default:
      return grant satisfies never
  }
}

function turnedToken(token: AccessToken | null, { back, backOrNull }: Turn): AccessToken | null {
  if (token === null) return null
  return { ...token, issuedAt: back(token.issuedAt), expiresAt: backOrNull(token.expiresAt) }
}

function turnedAttempt(attempt: Attempt | null, back: Turn['back']): Attempt | null {
  return attempt === null ? null : { ...attempt, sentAt: back(attempt.sentAt) }
}

function turnedFailure(failure: Failure, back: Turn['back']): Failure {
  const { since, rejections } = failure
  const turned = rejections && { rejections: { ...rejections, since: back(rejections.since) } }
  return { ...failure, since: back(since), ...turned }
}

import { completed } from '../connection/account.ts'
import type {
  AccessToken,
  Attempt,
  Failure,
  FailureReason,
  Grant,
  LiveConnection,
} from '../connection/connection.ts'
import { failureFrom, probeAt } from './failure.ts'
import { graceLeftMs, rescueWaitMs, unknownSince } from './grace.ts'
import { dueAtOf } from './due-at.ts'
import { confirmedGrant, onRefreshToken, renewedGrant, withGrant } from './grant.ts'
import type { Instant } from '../base/ids.ts'
import type { Provider } from '../connection/provider.ts'
import type { AttemptOutcome, OtherAccount } from './refresh-outcome.ts'
import {
  backoffMs,
  refreshPoint,
  type RefreshPolicy,
  spacingMs,
  STEP_BACK_MS,
} from './refresh-policy.ts'
import { isRepeated, rejectionsWith, UNDECIDED } from './rejection.ts'

/** The facts about a finished attempt. */
export type AttemptEnd = {
  readonly now: Instant
  readonly attempt: Attempt
  /** The outcome of the first request, if the token was sent twice. */
  readonly earlier: AttemptOutcome | null
  /** The id of the new access token. Empty if there is none. */
  readonly tokenId: string
  /** Whether another grant of this client was refreshed since the first rejection. */
  readonly othersRefreshed: boolean
  /** Whether the connection has its own OAuth client. */
  readonly ownClient: boolean
  readonly provider: Pick<Provider, 'refresh'>
  readonly policy: RefreshPolicy
  /** Jitter in [0, 1). */
  readonly fraction: number
}

type FailureEnd = Pick<AttemptEnd, 'now' | 'provider' | 'policy' | 'fraction'>

/**
 * The connection after an outcome. No other function changes a status after a refresh. A connection
 * is disconnected only by `grant_dead`, `other_account`, repeated rejections (`rejection.ts`), or a
 * lost answer if the preset has `replay: never`.
 */
export function afterRefresh(
  connection: LiveConnection,
  outcome: AttemptOutcome | OtherAccount,
  end: AttemptEnd,
): LiveConnection {
  const common = {
    ...connection,
    updatedAt: end.now,
    attempt: openAttempt(connection, outcome, end),
  }
  switch (outcome.kind) {
    case 'ok': {
      const { tokens } = outcome
      const { sentAt } = end.attempt
      const received = { kind: 'tokens', tokens, sentAt, tokenId: end.tokenId } as const
      const grant = renewedGrant(connection.grant, received, end.provider)
      const providerData = { ...connection.providerData, ...outcome.tokens.providerData }
      const renewed = { ...common, lastRefreshedAt: end.now, providerData }
      return withGrant(renewed, grant, nextDueAt({ before: connection.grant, after: grant }, end))
    }
    case 'confirmed': {
      const account = completed(connection.account, outcome.account)
      const providerData = { ...connection.providerData, ...outcome.providerData }
      const proven = { ...common, account, providerData, lastRefreshedAt: end.now }
      return withGrant(proven, confirmedGrant(connection.grant, end.now), null)
    }
    case 'unknown_refusal': {
      const providerData = { ...connection.providerData, ...outcome.providerData }
      return afterNoTokens({ ...common, providerData }, outcome, end)
    }
    case 'answer_lost':
    case 'answer_unreadable':
      return afterNoTokens(common, outcome, end)
    case 'provider_failed':
    case 'not_sent':
      return failing(common, 'provider_unavailable', outcome, end)
    case 'throttled': {
      const throttled = failing(common, 'throttled', outcome, end)
      if (graceLeftMs(common, end) > 0) return throttled
      const asked = end.now + (outcome.retryAfterMs ?? 0)
      return { ...throttled, dueAt: Math.max(throttled.dueAt ?? 0, asked) }
    }
    case 'client_config':
      // The operator has to fix the shared client: its circuit opens, the connection keeps its
      // status.
      return end.ownClient || outcome.isOwn === true
        ? failing(common, 'provider_misconfigured', outcome, end)
        : steppedBack(common, end)
    case 'grant_dead':
      // A machine connection has no user who could consent again: the operator has to fix the
      // client.
      if (connection.grant.kind === 'machine') {
        return failing(common, 'provider_misconfigured', outcome, end)
      }
      return disconnected({ ...common, attempt: null }, deathOf(common, end), outcome, end)
    case 'other_account': {
      if (connection.grant.kind !== 'oauth') return connection
      const grant = onRefreshToken(connection.grant, outcome.received)
      const failure = failureFrom(connection, 'account_mismatch', outcome.detail, end.now)
      return { ...common, attempt: null, status: 'disconnected', failure, grant, dueAt: null }
    }
    default:
      return outcome satisfies never
  }
}

type NoTokens = Extract<
  AttemptOutcome,
  { kind: 'answer_lost' | 'answer_unreadable' | 'unknown_refusal' }
>

function afterNoTokens(
  connection: LiveConnection,
  outcome: NoTokens,
  end: AttemptEnd,
): LiveConnection {
  const { grant: before } = connection
  if (outcome.salvaged !== undefined && before.kind === 'oauth') {
    const grant = onRefreshToken(before, outcome.salvaged)
    const saved = { ...connection, grant, attempt: null }
    return failing(saved, 'provider_unavailable', outcome, end)
  }
  if (outcome.kind === 'unknown_refusal') {
    return outcome.evidence === 'none'
      ? failing(connection, 'provider_unavailable', outcome, end)
      : afterRejection(connection, outcome, end)
  }
  const mayNotSendAgain = before.kind === 'oauth' && end.provider.refresh.replay === 'never'
  return mayNotSendAgain
    ? disconnected(connection, 'interrupted', outcome, end)
    : failing(connection, 'provider_unavailable', outcome, end)
}

/** See `rejection.ts`. */
function afterRejection(
  connection: LiveConnection,
  outcome: Extract<AttemptOutcome, { kind: 'unknown_refusal' }>,
  end: AttemptEnd,
): LiveConnection {
  const { failure, grant } = connection
  const rejections = rejectionsWith(failure?.rejections, outcome, end.now)
  const dead = () =>
    disconnected({ ...connection, attempt: null }, deathOf(connection, end), outcome, end)
  // A rejected probe keeps the connection disconnected, and the next probe comes later.
  if (connection.status === 'disconnected') return dead()
  const repeated = rejections !== null && isRepeated(rejections, end.now, end.policy)
  const isOver = (grant.refreshTokenExpiresAt ?? Number.POSITIVE_INFINITY) <= end.now
  if (repeated && grant.kind === 'oauth' && (end.othersRefreshed || isOver)) return dead()
  const [reason, detail] = rejectedAs(grant.kind, repeated, outcome.detail)
  const after = failing(connection, reason, { detail }, end)
  if (after.status !== 'failing' || rejections === null) return after
  return { ...after, failure: { ...after.failure, rejections } }
}

function rejectedAs(
  kind: Grant['kind'],
  repeated: boolean,
  answer: string,
): readonly [FailureReason, string] {
  if (!repeated) return ['provider_unavailable', answer]
  // A machine grant has no user, so the provider can only have refused the client.
  if (kind === 'machine') return ['provider_misconfigured', answer]
  return ['refused', `${answer}: ${UNDECIDED}`]
}

/**
 * Delays the next refresh if two tokens in a row had already expired on arrival. After the first
 * one, the next refresh is due at once, because the provider may have repeated an old answer.
 */
function nextDueAt(
  { before, after }: { readonly before: Grant; readonly after: Grant },
  end: AttemptEnd,
): Instant | null {
  const dueAt = dueAtOf(after, { ...end.provider, policy: end.policy }, end.fraction)
  if (dueAt === null || !hasExpiredAtIssue(before.token) || !hasExpiredAtIssue(after.token))
    return dueAt
  return after.token.issuedAt + spacingMs(after.token)
}

function hasExpiredAtIssue(token: AccessToken | null): token is AccessToken {
  return token !== null && token.expiresAt !== null && token.expiresAt <= token.issuedAt
}

/**
 * The connection after the operator configured another client than the one that its grant was
 * issued to. The provider would answer as if the grant were dead, so nothing is sent. The
 * connection recovers if the old client is configured again, or if the user reconnects.
 */
export function afterClientChange(
  connection: LiveConnection,
  outcome: { readonly detail: string },
  end: FailureEnd,
): LiveConnection {
  return failing({ ...connection, updatedAt: end.now }, 'provider_misconfigured', outcome, end)
}

/** The attempt to store while the refresh token may be spent. Null if the token is not spent. */
function openAttempt(
  connection: LiveConnection,
  outcome: AttemptOutcome | OtherAccount,
  end: AttemptEnd,
): Attempt | null {
  const { grant, attempt } = connection
  const { earlier, provider } = end
  if (grant.kind !== 'oauth') return null
  const mayBeSpent = [outcome, earlier].some((one) => {
    if (one?.kind === 'answer_lost' || one?.kind === 'answer_unreadable') return true
    // If the provider ends grants on reuse, assume that a 5xx did not spend the token. Otherwise an
    // outage would end every grant.
    return one?.kind === 'provider_failed' && provider.refresh.replay === 'allowed'
  })
  if (!mayBeSpent) return attempt
  const { id, sentAt } = end.attempt
  return { id, sentAt: unknownSince(attempt, sentAt, provider.refresh) }
}

/** `connection.attempt` must already reflect the outcome. */
function deathOf(connection: LiveConnection, end: AttemptEnd): FailureReason {
  if (connection.grant.kind !== 'oauth') return 'revoked'
  if (connection.attempt !== null) return 'interrupted'
  // An interrupted grant stays interrupted: a later probe cannot show that the user revoked it.
  if (connection.failure?.reason === 'interrupted') return 'interrupted'
  const { refreshTokenExpiresAt } = connection.grant
  return refreshTokenExpiresAt !== null && refreshTokenExpiresAt <= end.now ? 'expired' : 'revoked'
}

function failing(
  connection: LiveConnection,
  reason: FailureReason,
  outcome: { readonly detail: string },
  end: FailureEnd,
): LiveConnection {
  // After a probe without a clear answer, only schedule the next probe.
  if (connection.status === 'disconnected') {
    return { ...connection, dueAt: nextProbe(connection, connection.failure, end) }
  }
  // An outage does not replace the reason `refused`.
  const previous = connection.failure?.reason === 'refused' ? connection.failure : null
  const isOutage = reason === 'provider_unavailable' && previous !== null
  const failure = isOutage
    ? failureFrom(connection, 'refused', previous.detail, end.now)
    : failureFrom(connection, reason, outcome.detail, end.now)
  const leftMs = (connection.grant.refreshTokenExpiresAt ?? 0) - end.now
  const waitMs = backoffMs(failure.attempts, { ...end.policy, leftMs }, end.fraction)
  const dueAt = end.now + Math.min(waitMs, rescueWaitMs(connection, end))
  return { ...connection, status: 'failing', failure, dueAt }
}

/**
 * Postpones the next refresh, so that one bad connection cannot keep the circuit open. The
 * refreshes of other connections show whether the client is the cause.
 */
function steppedBack(connection: LiveConnection, end: FailureEnd): LiveConnection {
  if (connection.status === 'disconnected') {
    return { ...connection, dueAt: nextProbe(connection, connection.failure, end) }
  }
  if (connection.dueAt === null) return connection
  const backAt = end.now + Math.min(STEP_BACK_MS, rescueWaitMs(connection, end))
  const { token } = connection.grant
  // The refresh may have been postponed for days because no caller read the connection.
  const isDue = token !== null && end.now >= refreshPoint(token, end.policy, 0)
  return { ...connection, dueAt: isDue ? backAt : Math.max(connection.dueAt, backAt) }
}

function disconnected(
  connection: LiveConnection,
  reason: FailureReason,
  outcome: { readonly detail: string },
  end: AttemptEnd,
): LiveConnection {
  const failure = failureFrom(connection, reason, outcome.detail, end.now)
  return {
    ...connection,
    status: 'disconnected',
    failure,
    dueAt: nextProbe(connection, failure, end),
  }
}

/**
 * Never probes with a refused password, because providers lock accounts after repeated attempts.
 */
function nextProbe(
  { grant }: LiveConnection,
  failure: Failure,
  { now, provider }: Pick<AttemptEnd, 'now' | 'provider'>,
): Instant | null {
  const mayProbe = grant.kind !== 'credentials' && provider.refresh.replay === 'allowed'
  return mayProbe ? probeAt(failure, now) : null
}

import type { Connection, LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { nextAction } from '../../core/events/event.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import { readerMayTryAt } from '../../core/refresh/refresh-policy.ts'

type Unfortunate = Exclude<RefreshResult, { kind: 'refreshed' }>

/** The error for a caller whose refresh failed. */
export function refreshProblem(result: Unfortunate, now: Instant): VaultError {
  switch (result.kind) {
    case 'gone':
      return new VaultError('not_found', 'no such connection')
    case 'stopping':
      return unavailable('stopping', 5_000)
    case 'ended':
      return reconnectRequired(result.connection)
    case 'held':
      return heldProblem(result, now)
    case 'failed':
      return failedProblem(result, now)
    default:
      return result satisfies never
  }
}

function heldProblem(
  { reason, retryAt }: Extract<Unfortunate, { kind: 'held' }>,
  now: Instant,
): VaultError {
  if (reason === 'not_configured') return misconfigured(NOT_CONFIGURED)
  return reason === 'misconfigured' ? misconfigured(HELD) : unavailable(reason, retryAt - now)
}

function failedProblem(result: Extract<Unfortunate, { kind: 'failed' }>, now: Instant): VaultError {
  const { connection, outcome } = result
  if (connection.status === 'disconnected') return reconnectRequired(connection)
  if (outcome.kind === 'client_config') return misconfigured(outcome.detail)
  const retryAt =
    connection.status === 'failing' ? readerMayTryAt(connection) : (connection.dueAt ?? now)
  return waitProblem(connection, retryAt - now)
}

/** The error for a caller during a back-off. It states when to retry. */
export function waitProblem(connection: LiveConnection, waitMs: number): VaultError {
  const { failure } = connection
  if (failure?.reason === 'provider_misconfigured') return misconfigured(failure.detail)
  return unavailable(failure?.reason ?? 'provider_unavailable', waitMs)
}

/** A longer wait can only come from a clock that was set back. */
const LONGEST_WAIT_SECONDS = 3_600

export function unavailable(reason: string, waitMs: number, detail = NOT_NOW): VaultError {
  const isRefused = reason === 'refused'
  return new VaultError('provider_unavailable', isRefused ? REFUSED : detail, {
    reason,
    nextAction: isRefused ? nextAction(reason) : 'retry',
    retryAfterSeconds: Math.min(LONGEST_WAIT_SECONDS, Math.max(1, Math.ceil(waitMs / 1000))),
  })
}

const NOT_NOW = 'no token can be had from the provider for now'
const REFUSED =
  'the provider refuses the grant or the OAuth client: check the client, then connect the user again'

export const NOT_CONFIGURED = 'the provider is not in the settings any more'
/** The answer that opened the circuit is not known here, so the text states both causes. */
export const HELD = 'the provider refused this OAuth client, or its endpoints are wrong'

const CLIENT_REFUSED =
  'the provider refuses this OAuth client: check clientId and the client secret, and clientAuth, ' +
  'which says how the secret is sent (basic or post)'

/** The text for the log: the code, and what to check if the client was refused. */
export function explained(detail: string): string {
  return detail === 'invalid_client' ? `${detail}: ${CLIENT_REFUSED}` : detail
}

/** A `detail` with spaces is Larder's own sentence. A code from the provider is only logged. */
export function misconfigured(detail: string): VaultError {
  const isSentence = detail.includes(' ')
  const sentence = isSentence ? detail : CLIENT_REFUSED
  return new VaultError('provider_misconfigured', sentence, {
    reason: 'provider_misconfigured',
    nextAction: 'fix_configuration',
  })
}

export function reconnectRequired(connection: LiveConnection): VaultError {
  const { failure, grant } = connection
  const reason = failure?.reason ?? (grant.kind === 'credentials' ? 'revoked' : 'no_refresh_token')
  return new VaultError('reconnect_required', 'the user has to connect this account again', {
    reason,
    nextAction: nextAction(reason),
    connectionId: connection.id,
  })
}

export function confirmationRequired(connection: Pick<Connection, 'id'>): VaultError {
  return new VaultError(
    'confirmation_required',
    'the host app has not confirmed this connection yet',
    {
      nextAction: 'confirm',
      connectionId: connection.id,
    },
  )
}

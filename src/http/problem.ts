import type { Context } from 'koa'
import { type ErrorCode, type NextAction, StoreError, VaultError } from '../core/base/errors.ts'
import type { Random } from '../ports/ports.ts'

type Kind = {
  readonly status: number
  readonly title: string
  readonly nextAction?: NextAction
  readonly retryAfterSeconds?: number
}

/** Every error there is, as HTTP says it. */
export const PROBLEMS: Readonly<Record<ErrorCode, Kind>> = {
  invalid_request: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The request is not permitted' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  reconnect_required: {
    status: 409,
    title: 'The user must reconnect',
    nextAction: 'reauthorize',
  },
  confirmation_required: {
    status: 409,
    title: 'The connection awaits confirmation',
    nextAction: 'confirm',
  },
  confirmation_refused: { status: 409, title: 'Confirmed for another user' },
  several_accounts: { status: 409, title: 'More than one account matches' },
  account_mismatch: { status: 409, title: 'Another account was connected' },
  conflict: { status: 409, title: 'In conflict with what is stored' },
  link_used: { status: 410, title: 'The link was used' },
  link_expired: { status: 410, title: 'The link has expired' },
  link_superseded: { status: 410, title: 'A newer link stands in its place' },
  link_withdrawn: { status: 410, title: 'The link was withdrawn' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  misdirected_request: { status: 421, title: 'Not a host this listener answers to' },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    nextAction: 'retry',
    retryAfterSeconds: 1,
  },
  provider_misconfigured: {
    status: 502,
    title: 'The provider is misconfigured',
    nextAction: 'fix_configuration',
  },
  provider_unavailable: {
    status: 503,
    title: 'The provider is unavailable',
    nextAction: 'retry',
    retryAfterSeconds: 5,
  },
  storage_unavailable: {
    status: 503,
    title: 'The storage is unavailable',
    nextAction: 'retry',
    retryAfterSeconds: 5,
  },
  internal: { status: 500, title: 'Internal error' },
}

/**
 * For a fault of ours or of the database. `route` is its pattern: a path holds the host app's user
 * ids. Whoever logs `error` leaves out its message and cause, which may quote what was handed in.
 */
export type LogFailure = (failure: {
  readonly requestId: string
  readonly route: string
  readonly error: unknown
}) => void

/** Short and cheap: a random prefix of the process and a counter, counted only where one is told. */
export function requestIds(random: Random): () => string {
  const prefix = Buffer.from(random.bytes(5)).readUIntBE(0, 5).toString(36)
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}

/** Answers `error` as `application/problem+json` (RFC 9457). */
export function sendProblem(
  ctx: Context,
  error: unknown,
  reporting: { readonly nextId: () => string; readonly logFailure: LogFailure },
): void {
  const problem = sortError(error)
  const requestId = reporting.nextId()
  ctx.state['requestId'] = requestId
  if (problem.code === 'internal' || problem.code === 'storage_unavailable') {
    const route: unknown = ctx.state['route'] ?? 'no route'
    reporting.logFailure({ requestId, route: String(route), error })
  }
  const kind = PROBLEMS[problem.code]
  const retryAfter = problem.extras.retryAfterSeconds ?? kind.retryAfterSeconds
  if (retryAfter !== undefined) ctx.set('Retry-After', String(Math.max(1, Math.ceil(retryAfter))))
  if (problem.code === 'unauthenticated') ctx.set('WWW-Authenticate', 'Bearer realm="larder"')
  ctx.status = kind.status
  ctx.type = 'application/problem+json'
  ctx.body = JSON.stringify(presentProblem(problem, requestId))
}

function problemType(code: ErrorCode): string {
  return `urn:larder:problem:${code}`
}

function presentProblem(problem: VaultError, requestId: string) {
  const { code, extras } = problem
  const { status, title, nextAction } = PROBLEMS[code]
  return {
    type: problemType(code),
    title,
    status,
    code,
    detail: problem.message,
    nextAction: extras.nextAction ?? nextAction,
    reason: extras.reason,
    errors: extras.errors,
    accounts: extras.accounts,
    connectionId: extras.connectionId,
    errorCode: extras.errorCode,
    providerError: extras.providerError ?? undefined,
    requestId,
  }
}

/** Whatever was thrown, as one of the closed list. */
function sortError(error: unknown): VaultError {
  if (error instanceof VaultError) {
    // A detail of `internal` is for the log: the caller gets an id and nothing else.
    return error.code === 'internal' ? internal(error) : error
  }
  if (error instanceof StoreError) {
    const detail = 'the database cannot be used right now'
    return new VaultError('storage_unavailable', detail, { reason: error.reason, cause: error })
  }
  return internal(error)
}

function internal(cause: unknown): VaultError {
  return new VaultError('internal', 'the log tells more under this request id', { cause })
}

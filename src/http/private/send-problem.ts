import type { Context } from 'koa'
import { StoreError, VaultError } from '../../core/base/errors.ts'
import type { Random } from '../../ports/ports.ts'
import { PROBLEMS } from '../problems.ts'

/**
 * Logs a fault of Larder or of the database. `route` is the route pattern, because a path contains
 * user ids of the host app. The log must omit the message and the cause of `error`, because they
 * may quote a request.
 */
export type LogFailure = (failure: {
  readonly requestId: string
  readonly route: string
  readonly error: unknown
}) => void

/** Makes short ids: a random prefix for the process and a counter. */
export function requestIds(random: Random): () => string {
  const prefix = Buffer.from(random.bytes(5)).readUIntBE(0, 5).toString(36)
  let count = 0
  return () => `${prefix}-${(++count).toString(36)}`
}

/** Sends `error` as `application/problem+json` (RFC 9457). */
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

function presentProblem(problem: VaultError, requestId: string) {
  const { code, extras } = problem
  const { status, title, nextAction } = PROBLEMS[code]
  return {
    type: `urn:larder:problem:${code}`,
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

function sortError(error: unknown): VaultError {
  if (error instanceof VaultError) {
    // The detail of `internal` is only logged. The caller gets the request id instead.
    return error.code === 'internal' ? internal(error) : error
  }
  if (error instanceof StoreError) {
    const detail = 'the database cannot be used right now'
    return new VaultError('storage_unavailable', detail, { reason: error.reason, cause: error })
  }
  return internal(error)
}

function internal(cause: unknown): VaultError {
  return new VaultError('internal', 'the log has more under this request id', { cause })
}

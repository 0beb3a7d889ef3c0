import { AbortedTransactionError } from 'kysely'
import { StoreError, type StoreFailure } from '../../core/base/errors.ts'
import { OpenError } from '../open-error.ts'

/** Prefixes of the codes of Node for a certificate that is not accepted. */
const CERTIFICATE_CODES = [
  'CERT_',
  'ERR_TLS_',
  'SELF_SIGNED_',
  'DEPTH_ZERO_',
  'UNABLE_TO_',
] as const

/** Prefixes of SQLSTATE and of Node's codes. Longer codes come before their prefixes. */
const FAILURES: readonly (readonly [code: string, reason: StoreFailure])[] = [
  // Not 08P01: a message that breaks the protocol is a bug.
  ['080', 'unreachable'],
  ['57P', 'unreachable'],
  ['53300', 'unreachable'],
  ['25P03', 'unreachable'],
  ['ECONN', 'unreachable'],
  ['ETIMEDOUT', 'unreachable'],
  ['EPIPE', 'unreachable'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'unreachable'],
  ['EAI_AGAIN', 'unreachable'],
  ['ENOENT', 'unreachable'],
  ...CERTIFICATE_CODES.map((code) => [code, 'unreachable'] as const),
  ['25006', 'read_only'],
  ['53100', 'disk_full'],
  ['40001', 'locked'],
  ['40P01', 'locked'],
  ['55P03', 'locked'],
  ['57014', 'locked'],
  ['58', 'io_error'],
  ['53200', 'io_error'],
  ['XX001', 'corrupt'],
  ['XX002', 'corrupt'],
  ['42P01', 'corrupt'],
  ['42703', 'corrupt'],
  ['42501', 'permission'],
  ['28', 'permission'],
  ['3D000', 'permission'],
]

/** `pg` gives these errors no code. */
const LOST_CONNECTION =
  /^(Connection terminated|The server does not support SSL connections|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Postgres connection has been discarded|driver has already been destroyed|Cannot use a pool after calling end)/

/** `pg` gives this prefix, and no code, to an authentication that it cannot do itself: no password. */
const AUTHENTICATION = /^SASL: /

/** Returns a `StoreError` for a database failure, and any other error unchanged. */
export function sortPostgresError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error
  if (error instanceof AbortedTransactionError) return new StoreError('locked', error)
  const reason = failureOf(error)
  return reason === null ? error : new StoreError(reason, error)
}

/**
 * Like `sortPostgresError`, for the first connection of a start: returns an `OpenError` that says
 * what to look at.
 */
export function sortStartError(error: unknown): unknown {
  const sorted = sortPostgresError(error)
  if (!(error instanceof Error) || !(sorted instanceof StoreError)) return sorted
  const code = codeOf(error)
  if (sorted.reason === 'permission') return new OpenError('refused', code, error)
  if (sorted.reason !== 'unreachable') return sorted
  if (error.message.startsWith('The server does not support SSL')) {
    return new OpenError(
      'unsuitable_database',
      'its server has no TLS, and LARDER_DATABASE_TLS asks for it',
      error,
    )
  }
  const isUntrusted = CERTIFICATE_CODES.some((prefix) => code?.startsWith(prefix))
  return new OpenError(isUntrusted ? 'untrusted' : 'unreachable', code, error)
}

/** Whether the connection is gone, so that the outcome of a commit is not known. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof Error && failureOf(error) === 'unreachable'
}

function failureOf(error: Error): StoreFailure | null {
  const code = codeOf(error)
  if (code === null && AUTHENTICATION.test(error.message)) return 'permission'
  if (code === null) return LOST_CONNECTION.test(error.message) ? 'unreachable' : null
  return FAILURES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? null
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}

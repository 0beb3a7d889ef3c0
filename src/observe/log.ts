import { setTimeout as wait } from 'node:timers/promises'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { VaultError } from '../core/base/errors.ts'
import { stackFrames } from './stack-frames.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * The most bytes that are queued if the reader of the log stalls. Further lines are dropped, so
 * that Larder keeps running.
 */
const LONGEST_QUEUE_BYTES = 4 * 1024 * 1024
const DEEPEST_CAUSE = 3

/** How long an ending process waits for a stalled reader of the log. */
const CLOSE_WITHIN_MS = 1_000

export type Log = {
  readonly logger: Logger
  /** Writes the queued lines within a second, then closes the log. Never throws. */
  readonly close: () => Promise<void>
}

/** Writes JSON lines to standard output unless `sink` is given. */
export function openLog(level: LogLevel, sink?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
  }
  if (sink !== undefined) return { logger: pino(options, sink), close: async () => {} }
  const { stdout, close } = openStdout()
  return { logger: pino(options, stdout), close }
}

/**
 * Opens standard output so that its failures never stop Larder: the reader may be gone (EPIPE), may
 * stall (EAGAIN), or may have a full disk.
 */
function openStdout() {
  let isOpen = true
  const stdout = destination({
    dest: 1,
    sync: false,
    // Write each line at once. With `minLength: 0`, `flush` would not wait for the last line.
    minLength: 1,
    maxLength: LONGEST_QUEUE_BYTES,
    retryEAGAIN: () => isOpen,
  })
  // At exit, pino flushes synchronously and would retry a failing write forever.
  const neverFlush = () => {
    stdout.flushSync = () => {}
  }
  stdout.on('error', neverFlush)
  const close = async () => {
    const written = new Promise<void>((resolve) => stdout.flush(() => resolve()))
    await Promise.race([written, wait(CLOSE_WITHIN_MS, undefined, { ref: false })])
    isOpen = false
    neverFlush()
    stdout.destroy()
  }
  return { stdout, close }
}

/**
 * Returns what the log may contain of an error: name, code and stack. Never the message of a
 * foreign error, because it may quote a body, a header or a value (`JSON.parse` does). The message
 * of a `VaultError` is Larder's own, and the caller saw it.
 */
export function describeError(
  error: unknown,
  depth = DEEPEST_CAUSE,
): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error }
  const { cause } = error
  return {
    name: isPlainWord(error.name) ? error.name : 'Error',
    ...('code' in error && isPlainWord(error.code) ? { code: error.code } : {}),
    ...('reason' in error && isPlainWord(error.reason) ? { reason: error.reason } : {}),
    ...(error instanceof VaultError ? { message: error.message } : {}),
    ...(cause instanceof Error && depth > 0 ? { cause: describeError(cause, depth - 1) } : {}),
    ...(depth === DEEPEST_CAUSE ? { at: stackFrames(error) } : {}),
  }
}

/** Redacts fields with these names. A second line of defence, because no event has such a field. */
const SECRET_NAMES = [
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'idToken',
  'id_token',
  'clientSecret',
  'client_secret',
  'authorization',
  'Authorization',
  'cookie',
  'code_verifier',
  'verifier',
  'password',
  'secret',
  'apiKey',
  'masterKey',
  'token',
  'completion',
  'state',
  'headers',
  'body',
]
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`])

function isPlainWord(value: unknown): boolean {
  return typeof value === 'string' && /^\w{1,64}$/.test(value)
}

import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { VaultError } from '../core/base/errors.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines that wait for a reader that stalls; beyond that they are dropped, tokens go on being served. */
const LONGEST_QUEUE_BYTES = 4 * 1024 * 1024
const LONGEST_STACK = 20
const DEEPEST_CAUSE = 3

/** How long the end of the process may wait for a reader that stalls. */
const CLOSE_WITHIN_MS = 1_000

export type Log = {
  readonly logger: Logger
  /** Writes the lines that wait, within a second; nothing is written after it. Never throws. */
  readonly close: () => Promise<void>
}

/** JSON lines to standard output, or to `sink`. */
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
 * Standard output whose reader may be gone (EPIPE), stall (EAGAIN), or have a full disk: the vault goes
 * on, and ends when it is told to.
 */
function openStdout() {
  let isOpen = true
  const stdout = destination({
    dest: 1,
    sync: false,
    // Each line at once; with 0 nobody could wait for the last one.
    minLength: 1,
    maxLength: LONGEST_QUEUE_BYTES,
    retryEAGAIN: () => isOpen,
  })
  // At the end of the process pino flushes synchronously, which repeats a write that fails for ever.
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
 * What a log line may say of an error: its name, its code and where it was thrown. Never the message,
 * nor a cause's: they quote bodies, headers and values (`JSON.parse` does). That of a `VaultError` is
 * ours, and what a caller was told.
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
    ...(depth === DEEPEST_CAUSE ? { at: frames(error) } : {}),
  }
}

/** Second line of defence: by construction no event carries any of these. */
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

/** Frames of this package and of node, past the message, which may look like anything. */
function frames({ stack = '', message }: Error): readonly string[] {
  const past = stack.slice(Math.max(0, stack.indexOf(message)) + message.length)
  return past
    .split('\n')
    .flatMap((line) => FRAME.exec(line)?.[1] ?? [])
    .flatMap((place) => (place.startsWith('node:') ? place : (place.split(ROOT)[1] ?? [])))
    .slice(0, LONGEST_STACK)
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FRAME = /^ {4}at (?:[^()]+ \()?((?:file:|node:|\/)[^\s()]+:\d+:\d+)\)?$/

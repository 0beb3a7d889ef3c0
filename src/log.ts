import { fileURLToPath } from 'node:url'
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { VaultError } from './core/errors.ts'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines that wait for a reader that stalls; beyond that they are dropped, tokens go on being served. */
const LONGEST_QUEUE_BYTES = 4 * 1024 * 1024
const LONGEST_STACK = 20
const DEEPEST_CAUSE = 3

export type Log = {
  readonly logger: Logger
  /** Writes what waits; for the moment before the process ends. Never throws. */
  readonly flush: () => void
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
  if (sink !== undefined) return { logger: pino(options, sink), flush: () => {} }
  const stdout = destination({ dest: 1, sync: false, maxLength: LONGEST_QUEUE_BYTES })
  // A reader that went away (EPIPE) must not take the vault with it.
  stdout.on('error', () => {})
  return { logger: pino(options, stdout), flush: () => flushQuietly(stdout) }
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

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FRAME = /^ {4}at (?:[^()]+ \()?((?:file:|node:|\/)[^\s()]+:\d+:\d+)\)?$/

function flushQuietly(stdout: { flushSync(): void }): void {
  try {
    stdout.flushSync()
  } catch {
    // Nobody reads any more.
  }
}

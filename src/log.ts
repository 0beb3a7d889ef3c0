import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines that wait for a reader that stalls; beyond that they are dropped, tokens go on being served. */
const LONGEST_QUEUE_BYTES = 4 * 1024 * 1024
const LONGEST_STACK = 20

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
 * nor a cause's: they quote bodies, headers and values (`JSON.parse` does).
 */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { name: typeof error }
  const { cause } = error
  return {
    name: error.name,
    ...('code' in error && isPlainWord(error.code) ? { code: error.code } : {}),
    ...('reason' in error && isPlainWord(error.reason) ? { reason: error.reason } : {}),
    ...(cause instanceof Error ? { cause: { ...describeError(cause), at: undefined } } : {}),
    at: frames(error.stack ?? ''),
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

/** Only lines that are frames of a file: a message of several lines stands before them. */
function frames(stack: string): readonly string[] {
  const frame = /^ {4}at (?:[\w.$<>#[\] ]+ \()?((?:file|node):[^\s()]+:\d+:\d+)\)?$/
  return stack
    .split('\n')
    .flatMap((line) => frame.exec(line)?.[1] ?? [])
    .slice(0, LONGEST_STACK)
}

function flushQuietly(stdout: { flushSync(): void }): void {
  try {
    stdout.flushSync()
  } catch {
    // Nobody reads any more.
  }
}

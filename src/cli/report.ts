import { tell } from './print.ts'
import { EXIT, type ExitCode, Refusal } from './refusal.ts'

/**
 * Prints to standard error why a command failed, and returns the exit code. Prints only Larder's
 * own messages, because other messages may quote values.
 */
export function report(error: unknown): ExitCode {
  const { lines, hint, exitCode } = explain(error)
  for (const line of lines) tell(`error: ${line}`)
  tell(`hint: ${hint}`)
  return exitCode
}

/** Whether the error is a bug in Larder. */
export function isFault(error: unknown): boolean {
  return explain(error).exitCode === EXIT.crashed
}

export type Report = {
  readonly lines: readonly string[]
  readonly hint: string
  readonly exitCode: ExitCode
}

export function explain(error: unknown): Report {
  if (error instanceof Refusal) {
    return { lines: [error.message], hint: error.hint, exitCode: error.exitCode }
  }
  if (!(error instanceof Error)) return fault('unknown')
  return OWN[error.name]?.(error) ?? systemFault(error) ?? fault(error.name)
}

/** Matches error names, so that a command need not load the error classes. */
const OWN: Readonly<Record<string, (error: Error) => Report>> = {
  ConfigError: ({ message }) => ({
    lines: message.split('\n'),
    hint: 'docs/settings.md explains every setting',
    exitCode: EXIT.settings,
  }),
  WrongKeyError: ({ message }) => ({
    lines: [message],
    hint: 'give the master key this vault was made with; nothing was changed',
    exitCode: EXIT.settings,
  }),
  OpenError: ({ message }) => ({
    lines: [message],
    hint: 'nothing was changed; see docs/running.md, and docs/postgres.md for PostgreSQL',
    exitCode: EXIT.database,
  }),
  MoveError: ({ message }) => ({
    lines: [message],
    hint: 'nothing was moved; see docs/postgres.md',
    exitCode: EXIT.failed,
  }),
  StoreError: ({ message }) => ({
    lines: [message],
    hint: CHECK_DATABASE,
    exitCode: EXIT.database,
  }),
  SealError: ({ message }) => ({
    lines: [message],
    hint: 'the keys in the database are damaged: go back to a copy of the data directory',
    exitCode: EXIT.database,
  }),
  ListenError: (error) => ({
    lines: [`cannot listen: ${error.message}`],
    hint:
      reasonOf(error) === 'in_use'
        ? 'another larder may run; else give each listener a path of its own'
        : 'name another path in LARDER_LISTEN or LARDER_PUBLIC_LISTEN, or move what is there away',
    exitCode: reasonOf(error) === 'in_use' ? EXIT.failed : EXIT.settings,
  }),
  GuardError: (error) => ({
    lines: [error.message],
    hint:
      reasonOf(error) === 'deadline'
        ? 'the machine was too busy; start again'
        : 'install again with "npm ci", or run the image: a library differs from the locked version',
    exitCode: reasonOf(error) === 'deadline' ? EXIT.failed : EXIT.settings,
  }),
}

function reasonOf(error: Error): unknown {
  return 'reason' in error ? error.reason : null
}

const LISTENING = ['listen', 'bind', 'getaddrinfo']
const FILES =
  'access close fstat fsync ftruncate link lstat mkdir open read rename stat unlink write'.split(
    ' ',
  )
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG']

/**
 * Reports an operating system error by its code, because its message would show a path or an
 * address.
 */
function systemFault(error: Error): Report | null {
  if (!('syscall' in error && 'code' in error)) return null
  const [syscall, code] = [String(error.syscall), String(error.code)]
  if (LISTENING.includes(syscall)) {
    return {
      lines: [`cannot listen (${code})`],
      hint: 'check LARDER_LISTEN and LARDER_PUBLIC_LISTEN, and that no other larder runs',
      exitCode: EXIT.failed,
    }
  }
  if (!FILES.includes(syscall)) return null
  return {
    lines: [`the data directory cannot be used (${code})`],
    hint: NO_ROOM.includes(code) ? MAKE_ROOM : MAKE_WRITABLE,
    exitCode: EXIT.database,
  }
}

const CHECK_DATABASE =
  'check the data directory (space, permissions, a local disk), or the server of LARDER_DATABASE_URL'
const MAKE_ROOM = 'make room on the disk of LARDER_DATA_DIR: a new vault takes some 5 MB'
const MAKE_WRITABLE =
  'LARDER_DATA_DIR must be a directory this user may write; in the image that is user 1000'

function fault(name: string): Report {
  return {
    lines: [`a bug (${name})`],
    hint: 'this is a bug; report it with the log line before this one',
    exitCode: EXIT.crashed,
  }
}

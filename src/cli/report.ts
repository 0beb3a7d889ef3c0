import { tell } from './print.ts'
import { EXIT, type ExitCode, Refusal } from './refusal.ts'

/**
 * Says on standard error what kept a command from its work, and answers its exit code. Messages are
 * repeated only where they are ours: those of others quote values.
 */
export function report(error: unknown): ExitCode {
  const { lines, hint, exitCode } = sort(error)
  for (const line of lines) tell(`error: ${line}`)
  tell(`hint: ${hint}`)
  return exitCode
}

/** Whether nobody but us can mend it. */
export function isFault(error: unknown): boolean {
  return sort(error).exitCode === EXIT.crashed
}

type Report = {
  readonly lines: readonly string[]
  readonly hint: string
  readonly exitCode: ExitCode
}

function sort(error: unknown): Report {
  if (error instanceof Refusal) {
    return { lines: [error.message], hint: error.hint, exitCode: error.exitCode }
  }
  if (!(error instanceof Error)) return fault('unknown')
  return OWN[error.name]?.(error) ?? systemFault(error) ?? fault(error.name)
}

/** By name, so that no command loads the classes of what it does not use. */
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
    hint: 'nothing was changed; see docs/running.md',
    exitCode: EXIT.database,
  }),
  StoreError: ({ message }) => ({
    lines: [message],
    hint: 'check the data directory: space, permissions, and that it is a local disk',
    exitCode: EXIT.database,
  }),
}

const LISTENING = ['listen', 'bind', 'getaddrinfo']
const FILES = ['access', 'fsync', 'link', 'lstat', 'mkdir', 'open', 'rename', 'stat', 'unlink']

/** What the system refused, by its own code: the message would tell a path or an address. */
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
    hint: 'LARDER_DATA_DIR must be a directory this user may write; in the image that is user 1000',
    exitCode: EXIT.database,
  }
}

function fault(name: string): Report {
  return {
    lines: [`an unexpected fault (${name})`],
    hint: 'this is a bug; report it with the log line before this one',
    exitCode: EXIT.crashed,
  }
}

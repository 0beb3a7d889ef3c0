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
  return OWN[error.name]?.(error) ?? (isListening(error) ? taken(error) : fault(error.name))
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

type SystemError = Error & { readonly code: string; readonly syscall: string }

function isListening(error: Error): error is SystemError {
  return 'syscall' in error && error.syscall === 'listen' && 'code' in error
}

function taken({ code }: SystemError): Report {
  return {
    lines: [`cannot listen (${code})`],
    hint: 'check LARDER_LISTEN and LARDER_PUBLIC_LISTEN, and that no other larder runs',
    exitCode: EXIT.failed,
  }
}

function fault(name: string): Report {
  return {
    lines: [`an unexpected fault (${name})`],
    hint: 'this is a bug; report it with the log line before this one',
    exitCode: EXIT.crashed,
  }
}

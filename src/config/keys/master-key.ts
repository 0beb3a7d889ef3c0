import { spawnSync } from 'node:child_process'
import { Secret } from '../../core/base/secret.ts'
import type { Environment, Rule, EnvironmentVariables } from '../environment.ts'
import type { Findings } from '../findings.ts'

const NAME = 'LARDER_MASTER_KEY'
const COMMAND = 'LARDER_MASTER_KEY_COMMAND'
const COMMAND_TIMEOUT_MS = 30_000
const LONGEST_OUTPUT_BYTES = 4096

/** 32 bytes in base64 or base64url, with or without padding. */
export const masterKeyRule: Rule = (raw) =>
  /^(?:[A-Za-z0-9+/]{43}|[A-Za-z0-9_-]{43})=?$/.test(raw)
    ? null
    : 'must be 32 bytes in base64, as "openssl rand -base64 32" prints them'

/**
 * Reads the master key from the variable, the file or the command. Returns null if no key is set or
 * the key is malformed.
 */
export function readMasterKey(
  environment: Environment,
  variables: EnvironmentVariables,
  findings: Findings,
): Secret | null {
  const command = environment.text(COMMAND)
  const given = environment.isGiven(NAME)
  if (given && command !== null) {
    findings.problem(COMMAND, `given beside ${NAME}: keep one of them`)
    return null
  }
  if (command === null) return environment.secret(NAME, masterKeyRule)
  const output = runCommand(command, variables, findings)
  if (output === null) return null
  const problem = masterKeyRule(output)
  if (problem !== null) findings.problem(COMMAND, `what it prints ${problem}`)
  return problem === null ? new Secret(output) : null
}

/**
 * Runs the operator's command in a shell. Never shows the output or standard error of the command,
 * because key tools may print the key.
 */
function runCommand(
  command: string,
  variables: EnvironmentVariables,
  findings: Findings,
): string | null {
  const { status, signal, error, stdout } = spawnSync('/bin/sh', ['-c', command], {
    env: { ...variables },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: COMMAND_TIMEOUT_MS,
    maxBuffer: LONGEST_OUTPUT_BYTES,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
  })
  const failure = commandFailure({ status, signal, error })
  if (failure !== null) findings.problem(COMMAND, failure)
  return failure === null ? stdout.trim() : null
}

function commandFailure(end: {
  readonly status: number | null
  readonly signal: string | null
  readonly error?: Error | undefined
}): string | null {
  const code = end.error !== undefined && 'code' in end.error ? end.error.code : null
  if (code === 'ETIMEDOUT') return 'did not end within 30 seconds'
  if (code === 'ENOBUFS') return 'printed more than 4096 bytes'
  if (end.error !== undefined) return 'cannot be run: it needs /bin/sh'
  if (end.signal !== null) return `was ended by ${end.signal}`
  return end.status === 0 ? null : `ended with exit code ${end.status}`
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Not the checkout's root: `npm run larder` leaves keys there, and Larder would find them. */
const HERE = fileURLToPath(new URL('.', import.meta.url))

const FLAGS = ['--disable-sigusr1']

export type Run = {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Options = {
  readonly env?: Record<string, string>
  readonly cwd?: string
  /** Flags of Node itself. */
  readonly flags?: readonly string[]
  /** Whether standard input stays open for `write`. */
  readonly stdin?: 'open'
}

/** Runs the program in a process of its own, with only these environment variables. */
export async function larder(words: readonly string[], options: Options = {}): Promise<Run> {
  return spawnLarder(words, options).ended
}

/** Runs a command whose output pipe is closed before it writes. */
export async function hangUpOn(words: readonly string[]): Promise<Omit<Run, 'stdout'>> {
  const child = spawn(process.execPath, [...FLAGS, MAIN, ...words], {
    env: {},
    cwd: HERE,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  const closed = once(child, 'close') as Promise<[number | null]>
  const [stderr, [code]] = await Promise.all([text(child.stderr), closed])
  return { code, stderr }
}

/** Runs a command with standard output on an open file descriptor. */
export function spawnOnto(stdout: number, words: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [...FLAGS, MAIN, ...words], {
    env,
    cwd: HERE,
    stdio: ['ignore', stdout, 'ignore'],
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  return { kill: (signal: NodeJS.Signals) => void child.kill(signal), ended }
}

export type Spawned = {
  readonly kill: (signal: NodeJS.Signals) => void
  readonly write: (text: string) => void
  readonly ended: Promise<Run>
}

export function spawnLarder(words: readonly string[], options: Options = {}): Spawned {
  const child = spawn(process.execPath, [...(options.flags ?? FLAGS), MAIN, ...words], {
    env: options.env ?? {},
    cwd: options.cwd ?? HERE,
    stdio: 'pipe',
  })
  if (options.stdin !== 'open') child.stdin.end()
  const closed = once(child, 'close') as Promise<[number | null]>
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed])
  return {
    kill: (signal) => void child.kill(signal),
    write: (given) => void child.stdin.write(given),
    ended: ended.then(([stdout, stderr, [code]]) => ({ code, stdout, stderr })),
  }
}

/** Runs the program on a terminal of its own. Both of its outputs arrive there. */
export async function larderOnTerminal(
  words: readonly string[],
  env: Record<string, string>,
): Promise<string> {
  const command = [process.execPath, ...FLAGS, MAIN, ...words].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: { ...env, PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' },
    cwd: HERE,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text(child.stdout)
}

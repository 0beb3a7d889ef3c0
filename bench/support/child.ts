import { type ChildProcess, spawn } from 'node:child_process'
import { open } from 'node:fs/promises'
import { devNull } from 'node:os'
import { onServerCore } from './cores.ts'

/** A process of the benchmark that answers messages. It ends on disposal. */
export type Child = AsyncDisposable & {
  readonly pid: number
  readonly process: ChildProcess
  readonly ended: Promise<void>
  /** Sends a message and returns the answer. Throws if the process ends first. */
  ask<T>(message: unknown): Promise<T>
}

export type ChildOptions = {
  readonly environment?: Readonly<Record<string, string>>
  /** Whether the process is a server, and so runs on the core for servers. */
  readonly isServer: boolean
  /** The file for standard output and error. By default, both are dropped. */
  readonly log?: string
}

/** Starts Node with these words and a channel for messages. */
export async function startChild(words: readonly string[], options: ChildOptions): Promise<Child> {
  const sink = await open(options.log ?? devNull, 'a')
  const [command = '', ...args] = [
    ...(options.isServer ? onServerCore : []),
    process.execPath,
    ...words,
  ]
  const child = spawn(command, args, {
    stdio: ['ignore', sink.fd, options.log === undefined ? 'inherit' : sink.fd, 'ipc'],
    ...(options.environment !== undefined && { env: options.environment }),
    serialization: 'advanced',
  })
  // Listen at once: the process may end while the file is closed.
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  void ended.then(() => process.off('exit', kill))
  await sink.close()
  return {
    pid: child.pid ?? 0,
    process: child,
    ended,
    ask: <T>(message: unknown) => ask<T>(child, message),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

function ask<T>(child: ChildProcess, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = () =>
      reject(new Error(`a process of the benchmark ended: ${child.spawnargs.join(' ')}`))
    if (!child.connected) return gone()
    child.once('exit', gone)
    child.once('message', (answer) => {
      child.off('exit', gone)
      resolve(answer as T)
    })
    child.send(message as object)
  })
}

/** In such a process: answers each message with the result of `answer`. */
export function answerMessages(answer: (message: never) => unknown): void {
  process.on('message', (message) => {
    void Promise.resolve(answer(message as never)).then((result) => process.send?.(result ?? null))
  })
}

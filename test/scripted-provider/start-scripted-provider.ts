import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { monotonicMs } from './clock.ts'
import type { Commands } from './commands.ts'
import type { Call, Said } from './provider-process.ts'
import { constantsOf, type ScriptedProvider } from './scripted-provider.ts'
import type { ScriptedProviderOptions } from './settings.ts'

const PROCESS = fileURLToPath(new URL('provider-process.ts', import.meta.url))
const END_WITHIN_MS = 5_000

/**
 * Starts a provider in its own process. It survives kills of other processes, keeps its own time, and
 * ends when this process does.
 */
export async function startScriptedProvider(
  options: ScriptedProviderOptions = {},
): Promise<ScriptedProvider> {
  const child = fork(PROCESS, [JSON.stringify(options)], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [],
  })
  const { call, ready } = openCalls(child)
  const { constants, commands } = await ready
  const remote = commands.map((command) => {
    return [command, (...args: unknown[]) => call(command as keyof Commands, args)] as const
  })
  let advancedMs = 0
  return {
    ...(Object.fromEntries(remote) as unknown as ScriptedProvider),
    ...constantsOf(constants),
    async advanceTime(ms: number) {
      await call('advanceTime', [ms])
      advancedMs += ms
    },
    now: () => monotonicMs() + advancedMs,
    [Symbol.asyncDispose]: () => end(child),
  }
}

type Ready = Extract<Said, { kind: 'ready' }>
type Pending = { readonly resolve: (result: unknown) => void; readonly reject: (e: Error) => void }

/** Sends calls and receives answers. Pending calls fail when the process ends. */
function openCalls(child: ChildProcess) {
  const pending = new Map<number, Pending>()
  const ready = Promise.withResolvers<Ready>()
  let calls = 0
  child.on('message', (said: Said) => {
    if (said.kind === 'ready') return ready.resolve(said)
    const waiting = pending.get(said.id)
    pending.delete(said.id)
    if (said.kind === 'done') waiting?.resolve(said.result)
    else waiting?.reject(new Error(said.message))
  })
  child.once('exit', (code, signal) => {
    const gone = new Error(`the scripted provider has ended (${signal ?? code})`)
    ready.reject(gone)
    for (const { reject } of pending.values()) reject(gone)
    pending.clear()
  })
  const call = (command: keyof Commands, args: unknown[]): Promise<unknown> => {
    const id = ++calls
    return new Promise((resolve, reject) => {
      if (!child.connected) return reject(new Error('the scripted provider has ended'))
      pending.set(id, { resolve, reject })
      child.send({ id, command, args } satisfies Call)
    })
  }
  return { call, ready: ready.promise }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  const overdue = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS)
  await ended
  clearTimeout(overdue)
}

import type { Commands } from './commands.ts'
import { openProvider } from './open-provider.ts'
import type { Constants } from './scripted-provider.ts'
import type { ScriptedProviderOptions } from './settings.ts'

/** Messages to and from this process. */
export type Call = {
  readonly id: number
  readonly command: keyof Commands
  readonly args: unknown[]
}
export type Said =
  | { readonly kind: 'ready'; readonly constants: Constants; readonly commands: readonly string[] }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }

const options = JSON.parse(process.argv[2] ?? '{}') as ScriptedProviderOptions
const provider = await openProvider(options)
const { world, commands } = provider

process.on('message', (call: Call) => void answer(call))
// The parent process has ended, so no process needs this provider any more.
process.on('disconnect', () => void provider.close())
const { settings, origin, tokens } = world
const constants = { settings, origin, mark: tokens.mark, pid: process.pid }
say({ kind: 'ready', constants, commands: Object.keys(commands) })

async function answer({ id, command, args }: Call): Promise<void> {
  try {
    const run = commands[command] as (...given: unknown[]) => unknown
    say({ kind: 'done', id, result: await run(...args) })
  } catch (error) {
    say({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) })
  }
}

function say(said: Said): void {
  if (process.connected) process.send?.(said)
}

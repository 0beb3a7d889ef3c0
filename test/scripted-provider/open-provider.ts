import { type Commands, commandsOf } from './commands.ts'
import { openRedirectSink } from './redirect-sink.ts'
import { openServer } from './server.ts'
import { type ScriptedProviderOptions, settingsOf } from './settings.ts'
import { createWorld, type World } from './world.ts'

export type OpenProvider = {
  readonly world: World
  readonly commands: Commands
  close(): Promise<void>
}

/** Opens a provider with its listeners. */
export async function openProvider(options: ScriptedProviderOptions): Promise<OpenProvider> {
  const sink = await openRedirectSink()
  const world = createWorld(settingsOf(options), sink)
  const server = await openServer(world)
  return {
    world,
    commands: commandsOf(world, server),
    async close() {
      world.end.abort()
      await server.stop()
      await sink.close()
    },
  }
}

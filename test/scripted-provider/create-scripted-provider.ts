import { openProvider } from './open-provider.ts'
import { constantsOf, type ScriptedProvider } from './scripted-provider.ts'
import type { ScriptedProviderOptions } from './settings.ts'

/** Creates a provider in this process: quick to start, but it ends with the process. */
export async function createScriptedProvider(
  options: ScriptedProviderOptions = {},
): Promise<ScriptedProvider> {
  const provider = await openProvider(options)
  const { world, commands } = provider
  const { settings, origin, tokens, clock } = world
  const remote = Object.entries(commands).map(([name, command]) => {
    const run = command as (...args: unknown[]) => unknown
    return [name, async (...args: unknown[]) => run(...args)] as const
  })
  return {
    ...(Object.fromEntries(remote) as unknown as ScriptedProvider),
    ...constantsOf({ settings, origin, mark: tokens.mark, pid: null }),
    now: () => clock.now(),
    [Symbol.asyncDispose]: () => provider.close(),
  }
}

import type { Commands } from './commands.ts'
import { PATHS } from './read-request.ts'
import type { Endpoint } from './rules.ts'
import type { Settings } from './settings.ts'

type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

/** A test's handle of a provider in this or another process. */
export type ScriptedProvider = Remote<Commands> &
  AsyncDisposable & {
    readonly seed: string
    readonly origin: string
    readonly endpoints: Readonly<Record<Endpoint, string>>
    readonly client: {
      readonly id: string
      readonly secret: string
      readonly secrets: readonly string[]
    }
    /** A text that is in every token and secret of this provider and nowhere else. */
    readonly mark: string
    /** Null if it runs in this process. */
    readonly pid: number | null
    /** The provider's time, which the truth uses too. */
    now(): number
    /** One line with the seed and the settings. */
    describe(): string
  }

/** Values that do not change while a provider runs. */
export type Constants = {
  readonly settings: Settings
  readonly origin: string
  readonly mark: string
  readonly pid: number | null
}

export function constantsOf({ settings, origin, mark, pid }: Constants) {
  const { seed, profile, client } = settings
  const endpoints = Object.fromEntries(
    Object.entries(PATHS).map(([endpoint, path]) => [endpoint, origin + path]),
  ) as Record<Endpoint, string>
  return {
    seed,
    origin,
    mark,
    pid,
    endpoints,
    client: { id: client.id, secret: client.secrets[0] ?? '', secrets: client.secrets },
    describe: () => `scripted provider ${profile}, SCRIPTED_PROVIDER_SEED=${seed}, ${origin}`,
  }
}

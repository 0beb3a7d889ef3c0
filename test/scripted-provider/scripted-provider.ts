import type { Commands } from './commands.ts'
import { PATHS } from './read-request.ts'
import type { Endpoint } from './rules.ts'
import type { Settings } from './settings.ts'

type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R
    ? (...args: A) => Promise<Awaited<R>>
    : never
}

/** What a test holds of a provider, in this process or in one of its own. */
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
    /** In every token and secret of this provider, and nowhere else: one canary for all. */
    readonly mark: string
    /** Null: it runs in this process. */
    readonly pid: number | null
    /** The provider's time, the one that the truth is told in. */
    now(): number
    /** One line that says how to play the same again. */
    describe(): string
  }

/** What does not change while a provider runs. */
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

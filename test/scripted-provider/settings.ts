import { PROFILES, type Profile, type ProfileName } from './profiles.ts'
import { derive, markOf, newSeed } from './seed.ts'

/** Options of a test; each has a default. */
export type ScriptedProviderOptions = Partial<Omit<Profile, 'dialect' | 'secrets'>> & {
  readonly profile?: ProfileName
  /** Determines all chance and all tokens. `describe()` and every report print it. */
  readonly seed?: string
  /** Delay until a new access token works, as with lagging replicas. */
  readonly accessTokenSettlesMs?: number
  /** Time after which an unused family ends. */
  readonly idleMs?: number | null
  /** `none` for a public client without a secret. */
  readonly clientAuthentication?: 'secret' | 'none'
  /** Whether a revocation ends the grant or only the token. */
  readonly revocationReach?: 'grant' | 'token'
  /** Whether authorization answers carry `iss` (RFC 9207). */
  readonly namesIssuer?: boolean
  /** How long an idle connection is kept open; 0 closes it at once. */
  readonly keepAliveMs?: number
  /** Number of requests that the log keeps. It drops the oldest, but counts all. */
  readonly requestsKept?: number
}

export type Settings = Profile & {
  readonly profile: ProfileName
  readonly seed: string
  readonly accessTokenSettlesMs: number
  readonly idleMs: number | null
  readonly clientAuthentication: 'secret' | 'none'
  readonly revocationReach: 'grant' | 'token'
  readonly namesIssuer: boolean
  readonly keepAliveMs: number
  readonly requestsKept: number
  readonly client: { readonly id: string; readonly secrets: readonly string[] }
}

export function settingsOf(options: ScriptedProviderOptions): Settings {
  const seed = options.seed ?? newSeed()
  const name = options.profile ?? 'strict'
  const profile: Profile = PROFILES[name]
  return {
    accessTokenSettlesMs: 0,
    idleMs: null,
    clientAuthentication: 'secret',
    revocationReach: 'grant',
    namesIssuer: false,
    keepAliveMs: 5_000,
    requestsKept: 200_000,
    ...profile,
    ...options,
    profile: name,
    seed,
    client: { id: 'scripted-client', secrets: clientSecrets(seed, profile.secrets) },
  }
}

/** Client secrets with the mark, so that a leak is found. */
function clientSecrets(seed: string, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `${markOf(seed)}.secret.${index}.${derive(seed, `client secret ${index}`, 32)}`,
  )
}

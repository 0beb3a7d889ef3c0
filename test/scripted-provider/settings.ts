import { PROFILES, type Profile, type ProfileName } from './profiles.ts'
import { derive, markOf, newSeed } from './seed.ts'

/** What a test may choose; everything has a default. */
export type ScriptedProviderOptions = Partial<Omit<Profile, 'dialect' | 'secrets'>> & {
  readonly profile?: ProfileName
  /** Drives all chance and all tokens; printed by `describe()` and every report. */
  readonly seed?: string
  /** Access tokens work only so long after they were issued, as behind replicas that lag. */
  readonly accessTokenSettlesMs?: number
  /** A family that is not used for so long is dead. */
  readonly idleMs?: number | null
  /** `none`: a public client, known by its id alone. */
  readonly clientAuthentication?: 'secret' | 'none'
  /** What a revocation takes: everything of the grant, or the token that is named. */
  readonly revocationReach?: 'grant' | 'token'
  /** Whether authorization answers carry `iss` (RFC 9207). */
  readonly namesIssuer?: boolean
  /** How long an idle connection is kept open for another request; 0: not at all. */
  readonly keepAliveMs?: number
  /** How many requests the log keeps; the oldest go first, counts stay whole. */
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

/** Recognisable like a token: they must leak as little. */
function clientSecrets(seed: string, count: number): readonly string[] {
  return Array.from(
    { length: count },
    (_, index) => `${markOf(seed)}.secret.${index}.${derive(seed, `client secret ${index}`, 32)}`,
  )
}

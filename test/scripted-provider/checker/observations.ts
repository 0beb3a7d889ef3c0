import type { FamilyId } from '../ledger.ts'

/** A token read that returned 200. Times are the provider's (`provider.now()`). */
export type ServedToken = {
  /** The grant of the connection; null if the test does not know it. */
  readonly family: FamilyId | null
  readonly accessToken: string
  readonly askedAt: number
  readonly answeredAt: number
  readonly minTtlMs: number
}

/** A connection as the API shows it; `missing` for a 404. */
export type SeenConnection = {
  readonly family: FamilyId
  readonly status: 'pending' | 'active' | 'failing' | 'disconnected' | 'missing'
  /** `failure.reason`. */
  readonly reason: string | null
  readonly alive: boolean
  readonly seenAt: number
}

/** A refresh token in the vault, opened by the test. */
export type StoredToken = { readonly family: FamilyId; readonly refreshToken: string }

/** A deletion that the API answered. */
export type Deletion = {
  readonly family: FamilyId
  readonly at: number
  /** Whether the deletion asked for a revocation. */
  readonly revokes: boolean
}

/** What the test observed of the daemon. The checker skips what is left out. */
export type Observations = {
  readonly served?: readonly ServedToken[]
  readonly connections?: readonly SeenConnection[]
  readonly stored?: readonly StoredToken[]
  readonly deletions?: readonly Deletion[]
  /** Places in which a secret was found. */
  readonly leaks?: readonly string[]
  /** How late each refresh of a connection without faults was; see `latenessOf`. */
  readonly latenessMs?: readonly number[]
  /** Times of starts of the daemon, and of kills that the provider did not do. */
  readonly kills?: readonly number[]
  readonly starts?: readonly number[]
}

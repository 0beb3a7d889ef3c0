import type { FamilyId } from '../ledger.ts'

/** A 200 of a token route. Times are the provider's (`provider.now()`). */
export type ServedToken = {
  /** The grant that the connection stands on; null where it was not looked up. */
  readonly family: FamilyId | null
  readonly accessToken: string
  readonly askedAt: number
  readonly answeredAt: number
  readonly minTtlMs: number
}

/** A connection as the API shows it; `missing`: a 404. */
export type SeenConnection = {
  readonly family: FamilyId
  readonly status: 'pending' | 'active' | 'failing' | 'disconnected' | 'missing'
  /** `failure.reason`. */
  readonly reason: string | null
  readonly alive: boolean
  readonly seenAt: number
}

/** What is sealed in the vault, opened by the test. */
export type StoredToken = { readonly family: FamilyId; readonly refreshToken: string }

/** A DELETE that was answered. */
export type Deletion = {
  readonly family: FamilyId
  readonly at: number
  /** Whether it was to be revoked at the provider as well. */
  readonly revokes: boolean
}

/** What the test saw of the daemon. What it did not look at is not judged. */
export type Observations = {
  readonly served?: readonly ServedToken[]
  readonly connections?: readonly SeenConnection[]
  readonly stored?: readonly StoredToken[]
  readonly deletions?: readonly Deletion[]
  /** Where a secret was found that should not have been there. */
  readonly leaks?: readonly string[]
  /** By how much each healthy connection was refreshed too late; see `latenessOf`. */
  readonly latenessMs?: readonly number[]
  /** When the daemon was killed or stopped, where the provider did not do it, and when it was started. */
  readonly kills?: readonly number[]
  readonly starts?: readonly number[]
}

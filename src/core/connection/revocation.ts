import type { ClientCredentials } from './connection.ts'
import type { ConnectionId, Instant, ProviderId } from '../base/ids.ts'
import type { Sealed } from '../base/secret.ts'

/** A token that the provider still has to be told to forget (RFC 7009). Survives its connection. */
export type Revocation = {
  readonly id: string
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  /** The refresh token first: it takes the access tokens with it. */
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
  /** Whose grant it was at the provider; null: not known. */
  readonly accountId: string | null
  /** The connection that has let go of the tokens, if it still exists. */
  readonly formerHolder: ConnectionId | null
  readonly attempts: number
  readonly createdAt: Instant
  readonly dueAt: Instant
}

/** All that the provider's endpoint needs to know of it. */
export type RevocationRequest = Omit<Revocation, 'accountId' | 'formerHolder'>

/** RFC 7009 §2.2: 200 also for a token that is unknown; 503 means that it still exists. */
export type RevocationOutcome =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unsupported' }
  | {
      readonly kind: 'failed'
      /** A constant sentence of ours. */
      readonly detail: string
      readonly retryAfterMs: number | null
    }

const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000
const LONGEST_WAIT_MS = 3_600_000

/** The next try, or null when a week of trying is enough. `fraction` in [0, 1) spreads the tries. */
export function afterRevocation(
  revocation: Revocation,
  outcome: RevocationOutcome,
  at: { readonly now: Instant; readonly fraction: number },
): Revocation | null {
  if (outcome.kind !== 'failed' || at.now - revocation.createdAt > GIVE_UP_AFTER_MS) return null
  const attempts = revocation.attempts + 1
  const wait = Math.min(LONGEST_WAIT_MS, 5_000 * 2 ** Math.min(attempts, 20))
  const asked = Math.min(LONGEST_WAIT_MS, Math.max(0, outcome.retryAfterMs ?? 0))
  return {
    ...revocation,
    attempts,
    dueAt: at.now + Math.max(asked, wait * (0.5 + at.fraction / 2)),
  }
}

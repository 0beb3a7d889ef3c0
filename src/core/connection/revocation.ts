import type { ClientCredentials } from './connection.ts'
import type { ConnectionId, Instant, ProviderId } from '../base/ids.ts'
import type { Sealed } from '../base/secret.ts'

/**
 * A revocation that must still be sent (RFC 7009). Remains stored when its connection is deleted.
 */
export type Revocation = {
  readonly id: string
  readonly provider: ProviderId
  readonly client: ClientCredentials | null
  readonly params: Readonly<Record<string, string>>
  readonly providerData: Readonly<Record<string, unknown>>
  /** Sent first, because its revocation ends the access tokens too. */
  readonly refreshToken: Sealed | null
  readonly accessToken: Sealed | null
  /** The id of the account at the provider. Null: not known. */
  readonly accountId: string | null
  /** The connection that held the tokens, if it still exists. */
  readonly formerHolder: ConnectionId | null
  readonly attempts: number
  readonly createdAt: Instant
  readonly dueAt: Instant
}

/** The fields that the request needs. */
export type RevocationRequest = Omit<Revocation, 'accountId' | 'formerHolder'>

/** RFC 7009 §2.2: the answer is 200 even if the token is unknown. 503: the token still exists. */
export type RevocationOutcome =
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unsupported' }
  | {
      readonly kind: 'failed'
      /** A constant sentence. */
      readonly detail: string
      readonly retryAfterMs: number | null
    }

const GIVE_UP_AFTER_MS = 7 * 24 * 3_600_000
const LONGEST_WAIT_MS = 3_600_000

/**
 * The revocation with the time of its next try. Null if it is finished or a week old. `fraction`:
 * jitter in [0, 1).
 */
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

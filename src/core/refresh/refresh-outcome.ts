import type { Account, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { RefreshTokenLife } from './lifetime.ts'
import type { Secret } from '../base/secret.ts'

/** What a token endpoint handed us, normalised; lifetimes are seconds from the sending of the request. */
export type ReceivedTokens = {
  readonly accessToken: Secret
  readonly tokenType: string
  readonly expiresInSeconds: number | null
  /** Null: the provider did not send one. On refresh the old one stays valid (RFC 6749 §6). */
  readonly refreshToken: Secret | null
  /** `never`: the provider says that it does not end. Null: it says nothing. */
  readonly refreshTokenExpiresInSeconds: RefreshTokenLife | null
  /** Null: the provider did not say; then it is what was asked for (RFC 6749 §5.1). */
  readonly scope: readonly string[] | null
  readonly providerData: Readonly<Record<string, unknown>>
}

/**
 * The result of sending a refresh token. `detail` is an error code or a constant sentence, never the
 * provider's prose. `salvaged` is a new refresh token found in an answer that is otherwise of no use.
 */
export type RefreshOutcome =
  | { readonly kind: 'ok'; readonly tokens: ReceivedTokens }
  /** No byte of the request was sent: DNS, refused, connect timeout, TLS, egress guard. */
  | { readonly kind: 'not_sent'; readonly detail: string }
  /** The provider says that it failed (5xx). The token is spent only if that is wrong. */
  | { readonly kind: 'provider_failed'; readonly detail: string }
  /** No answer, or only the beginning of one. The token may be spent. */
  | {
      readonly kind: 'answer_lost'
      readonly detail: string
      /** The provider had begun to answer, so it has most likely spent the token. */
      readonly began: boolean
      readonly salvaged?: Secret
    }
  /** A whole 2xx answer holds neither a token nor an error. The token may be spent. */
  | { readonly kind: 'answer_unreadable'; readonly detail: string; readonly salvaged?: Secret }
  /** The provider refuses, and names neither grant nor client. The token is not spent. */
  | {
      readonly kind: 'unknown_refusal'
      readonly detail: string
      /**
       * What counts against the grant if the answer is repeated. `error`: an error object. `page`:
       * anything else, which may come from a proxy in front of the provider. `none`: a refusal that
       * is temporary, cut or contradictory.
       */
      readonly evidence: 'error' | 'page' | 'none'
      /** The connection's own parameters lead to that address. */
      readonly isOwn?: true
      readonly salvaged?: Secret
      /** What the next request must know of this answer. */
      readonly providerData?: ReceivedTokens['providerData']
    }
  | { readonly kind: 'throttled'; readonly detail: string; readonly retryAfterMs: number | null }
  | {
      readonly kind: 'client_config'
      readonly detail: string
      /** The connection's own parameters lead to that address, so no other connection is affected. */
      readonly isOwn?: true
    }
  /** The only outcome that disconnects a user by itself. */
  | { readonly kind: 'grant_dead'; readonly detail: string }

/** What an attempt on a connection came to, whatever its grant lives on. */
export type AttemptOutcome =
  | RefreshOutcome
  /** The provider takes the credentials that it was shown; they stay as they are. */
  | {
      readonly kind: 'confirmed'
      /** As far as the answer told. */
      readonly account: Account
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** The provider has renewed the tokens, and says that they belong to another account. */
export type OtherAccount = {
  readonly kind: 'other_account'
  readonly detail: string
  readonly received: Secret | null
}

export type Unfortunate = Exclude<AttemptOutcome, { kind: 'ok' | 'confirmed' }> | OtherAccount

/** What came of asking the provider. */
export type LandedResult =
  /** A newer grant or generation stands, whoever brought it, or the provider has confirmed this one. */
  | { readonly kind: 'refreshed'; readonly connection: LiveConnection }
  | {
      readonly kind: 'failed'
      readonly connection: LiveConnection
      readonly outcome: Unfortunate
    }

/** What came of wanting a refresh, for whoever wanted it. */
export type RefreshResult =
  | LandedResult
  /** Nothing was sent: the circuit is open, another process holds the lease, or nobody knows the provider. */
  | {
      readonly kind: 'held'
      readonly connection: LiveConnection
      readonly reason: CircuitReason | 'busy' | 'not_configured'
      readonly retryAt: Instant
    }
  /** The grant has ended without a word of the provider: see `connection.failure`. */
  | { readonly kind: 'ended'; readonly connection: LiveConnection }
  | { readonly kind: 'gone' }
  /** The process is about to end and begins nothing any more. */
  | { readonly kind: 'stopping' }

export type CircuitReason = 'unavailable' | 'misconfigured' | 'throttled'

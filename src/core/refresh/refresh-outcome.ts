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
 * What came of sending a refresh token. Only `grant_dead` may ever disconnect a user.
 * `detail` is an error code or a constant sentence, never the provider's prose.
 */
export type RefreshOutcome =
  | { readonly kind: 'ok'; readonly tokens: ReceivedTokens }
  /** No byte of the request left us: DNS, refused, connect timeout, TLS, egress guard. */
  | { readonly kind: 'not_sent'; readonly detail: string }
  /** The token may be spent. `salvaged`: a refresh token found in a half-broken answer. */
  | {
      readonly kind: 'ambiguous'
      readonly detail: string
      readonly mayReplay: boolean
      /** The provider itself said that it failed (5xx): the token is spent only if it said so wrongly. */
      readonly wasRefused?: true
      /** An answer began to arrive and broke: the provider has most likely spent the token. */
      readonly answerBegan?: true
      /**
       * A whole answer says no and does not name what is refused: the grant may be dead. `error`: an
       * error object. `page`: anything else, which may come from something in front of the provider.
       */
      readonly rejection?: 'error' | 'page'
      /** Of a rejection: the connection's own parameters lead to that address. */
      readonly isOwn?: true
      readonly salvaged: Secret | null
      /** What the next request must know of this answer. */
      readonly providerData?: ReceivedTokens['providerData']
    }
  | { readonly kind: 'throttled'; readonly detail: string; readonly retryAfterMs: number | null }
  | {
      readonly kind: 'client_config'
      readonly detail: string
      /** What is wrong lies where the connection's own parameters lead: nobody else is concerned. */
      readonly isOwn?: true
    }
  | { readonly kind: 'grant_dead'; readonly detail: string }

export type OutcomeKind = RefreshOutcome['kind']

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

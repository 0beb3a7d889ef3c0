import type { Account, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { RefreshTokenLife } from './lifetime.ts'
import type { Secret } from '../base/secret.ts'

/** The normalised tokens of an answer. Lifetimes count from the time when the request was sent. */
export type ReceivedTokens = {
  readonly accessToken: Secret
  readonly tokenType: string
  readonly expiresInSeconds: number | null
  /** Null: the provider sent none. After a refresh the old one stays valid (RFC 6749 §6). */
  readonly refreshToken: Secret | null
  /**
   * `never`: the provider says that the token does not expire. Null: the provider states nothing.
   */
  readonly refreshTokenExpiresInSeconds: RefreshTokenLife | null
  /** Null: not stated, so the requested scope was granted (RFC 6749 §5.1). */
  readonly scope: readonly string[] | null
  readonly providerData: Readonly<Record<string, unknown>>
}

/**
 * The result of sending a refresh token. `detail` is an error code or a constant sentence, never
 * free text from the provider. `salvaged` is a new refresh token from an otherwise useless answer.
 */
export type RefreshOutcome =
  | { readonly kind: 'ok'; readonly tokens: ReceivedTokens }
  /** No byte of the request was sent: an error in DNS, connect, TLS or the egress guard. */
  | { readonly kind: 'not_sent'; readonly detail: string }
  /**
   * The provider answered 5xx. The refresh token is not spent, unless the provider failed after
   * spending it.
   */
  | { readonly kind: 'provider_failed'; readonly detail: string }
  /** No answer came, or only the beginning of one. The token may be spent. */
  | {
      readonly kind: 'answer_lost'
      readonly detail: string
      /** Whether the provider had begun to answer. Then it has most likely spent the token. */
      readonly began: boolean
      readonly salvaged?: Secret
    }
  /** A complete 2xx answer has neither a token nor an error. The token may be spent. */
  | { readonly kind: 'answer_unreadable'; readonly detail: string; readonly salvaged?: Secret }
  /** A refusal that names neither the grant nor the client. The refresh token is not spent. */
  | {
      readonly kind: 'unknown_refusal'
      readonly detail: string
      /**
       * Whether repeated answers show that the grant is dead. `error`: an error object. `page`:
       * anything else, perhaps from a proxy in front of the provider. `none`: no evidence, because
       * the refusal is temporary, truncated or contradictory.
       */
      readonly evidence: 'error' | 'page' | 'none'
      /** The address comes from the connection's own parameters. */
      readonly isOwn?: true
      readonly salvaged?: Secret
      /** Values from this answer that the next request needs. */
      readonly providerData?: ReceivedTokens['providerData']
    }
  | { readonly kind: 'throttled'; readonly detail: string; readonly retryAfterMs: number | null }
  | {
      readonly kind: 'client_config'
      readonly detail: string
      /**
       * The address comes from the connection's own parameters, so no other connection is affected.
       */
      readonly isOwn?: true
    }
  /** The only outcome that disconnects a user without further evidence. */
  | { readonly kind: 'grant_dead'; readonly detail: string }

/** The outcome of an attempt for any kind of grant. */
export type AttemptOutcome =
  | RefreshOutcome
  /** The provider accepts the credentials. They do not change. */
  | {
      readonly kind: 'confirmed'
      /** Only the fields that the answer states. */
      readonly account: Account
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** The provider renewed the tokens, but they belong to another account. */
export type OtherAccount = {
  readonly kind: 'other_account'
  readonly detail: string
  readonly received: Secret | null
}

export type Unfortunate = Exclude<AttemptOutcome, { kind: 'ok' | 'confirmed' }> | OtherAccount

/** The result after a request to the provider. */
export type LandedResult =
  /**
   * The connection has a newer grant or generation, or the provider has confirmed the current one.
   */
  | { readonly kind: 'refreshed'; readonly connection: LiveConnection }
  | {
      readonly kind: 'failed'
      readonly connection: LiveConnection
      readonly outcome: Unfortunate
    }

/** The result of `refresh`, with or without a request to the provider. */
export type RefreshResult =
  | LandedResult
  /**
   * Nothing was sent: the circuit is open, another process has the lease, or the provider is not
   * configured.
   */
  | {
      readonly kind: 'held'
      readonly connection: LiveConnection
      readonly reason: CircuitReason | 'busy' | 'not_configured'
      readonly retryAt: Instant
    }
  /** The grant has ended, and nothing was sent to the provider: see `connection.failure`. */
  | { readonly kind: 'ended'; readonly connection: LiveConnection }
  | { readonly kind: 'gone' }
  /** The process is stopping and starts no refresh. */
  | { readonly kind: 'stopping' }

export type CircuitReason = 'unavailable' | 'misconfigured' | 'throttled'

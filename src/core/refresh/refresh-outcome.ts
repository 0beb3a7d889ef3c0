import type { Account, LiveConnection } from '../connection/connection.ts'
import type { Instant } from '../base/ids.ts'
import type { RefreshTokenLife } from './lifetime.ts'
import type { Secret } from '../base/secret.ts'

/** The normalised tokens of an answer. Lifetimes are seconds from the sending of the request. */
export type ReceivedTokens = {
  readonly accessToken: Secret
  readonly tokenType: string
  readonly expiresInSeconds: number | null
  /** Null: the provider sent none. After a refresh the old one stays valid (RFC 6749 §6). */
  readonly refreshToken: Secret | null
  /** `never`: the provider says that it does not end. Null: it says nothing. */
  readonly refreshTokenExpiresInSeconds: RefreshTokenLife | null
  /** Null: not stated, so it is the requested scope (RFC 6749 §5.1). */
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
       * anything else, which may come from a proxy in front of the provider. `none`: a refusal that is
       * temporary, cut or contradictory.
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

/** The outcome of an attempt, whatever the kind of grant. */
export type AttemptOutcome =
  | RefreshOutcome
  /** The provider accepts the credentials. They stay as they are. */
  | {
      readonly kind: 'confirmed'
      /** As far as the answer names it. */
      readonly account: Account
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** The provider renewed the tokens, and they belong to another account. */
export type OtherAccount = {
  readonly kind: 'other_account'
  readonly detail: string
  readonly received: Secret | null
}

export type Unfortunate = Exclude<AttemptOutcome, { kind: 'ok' | 'confirmed' }> | OtherAccount

/** The result after the provider was asked. */
export type LandedResult =
  /** There is a newer grant or generation, or the provider has confirmed this one. */
  | { readonly kind: 'refreshed'; readonly connection: LiveConnection }
  | {
      readonly kind: 'failed'
      readonly connection: LiveConnection
      readonly outcome: Unfortunate
    }

/** The result for a caller that wanted a refresh. */
export type RefreshResult =
  | LandedResult
  /** Nothing was sent: open circuit, a lease of another process, or no such provider in the settings. */
  | {
      readonly kind: 'held'
      readonly connection: LiveConnection
      readonly reason: CircuitReason | 'busy' | 'not_configured'
      readonly retryAt: Instant
    }
  /** The grant ended without a request to the provider: see `connection.failure`. */
  | { readonly kind: 'ended'; readonly connection: LiveConnection }
  | { readonly kind: 'gone' }
  /** The process is stopping and starts no refresh. */
  | { readonly kind: 'stopping' }

export type CircuitReason = 'unavailable' | 'misconfigured' | 'throttled'

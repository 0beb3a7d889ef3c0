import type { CallbackErrorCode, CallbackWord } from './callback-error.ts'
import type { Account } from '../connection/connection.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { ReceivedGrant } from '../refresh/grant.ts'
import type { ConnectionId, FlowId, Instant, LinkId, ProviderId, UserId } from '../base/ids.ts'
import type { Sealed, Secret } from '../base/secret.ts'
import type { ReceivedTokens } from '../refresh/refresh-outcome.ts'

/** What the host app asked for when it made a link or a headless authorization. */
export type ConnectRequest = {
  readonly userId: UserId
  readonly scope: readonly string[] | null
  /** A hint for the provider's login page only. */
  readonly email: string | null
  /** Id or e-mail; any other account is `account_mismatch`. */
  readonly expectedAccount: string | null
  /** The app's own, handed back to it. */
  readonly state: string | null
  readonly label: string | null
  /** For whom, shown on the page. */
  readonly displayName: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** Reconnect: keep this id. */
  readonly connectionId: ConnectionId | null
  readonly client: { readonly id: string; readonly secret: Sealed | null } | null
  readonly params: Readonly<Record<string, string>>
}

export type ConfirmBy = 'page' | 'app'

export type ConnectLink = {
  readonly id: LinkId
  /** SHA-256 of the URL's secret, base64url. */
  readonly secretHash: string
  readonly providers: readonly ProviderId[]
  readonly request: ConnectRequest
  /** Null: the user ends on our own page. */
  readonly redirectUrl: string | null
  readonly confirm: ConfirmBy
  readonly state: LinkState
  /** The error code of the last flow that failed. */
  readonly lastError: string | null
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

export type LinkState =
  | { readonly status: 'pending' }
  | {
      readonly status: 'awaiting_confirmation'
      readonly connectionId: ConnectionId
      readonly completionHash: string
      readonly confirmBefore: Instant
    }
  | { readonly status: 'completed'; readonly connectionId: ConnectionId }
  | { readonly status: 'superseded' }
  | { readonly status: 'withdrawn' }

export type LinkStatus = LinkState['status'] | 'expired'

/** Expiry is computed, never stored: a link that was completed stays completed. */
export function linkStatus(link: ConnectLink, now: Instant): LinkStatus {
  return link.state.status === 'pending' && link.expiresAt <= now ? 'expired' : link.state.status
}

/** One trip to the provider: from the redirect there to the first callback that carries its cookie. */
export type Flow = {
  readonly id: FlowId
  /** SHA-256 of `state`, base64url: the value itself is never stored. */
  readonly stateHash: string
  readonly provider: ProviderId
  /** Null: headless, the app owns the callback. */
  readonly link: LinkId | null
  /** SHA-256 of the browser's cookie; null for headless flows. */
  readonly browserHash: string | null
  readonly request: ConnectRequest
  readonly requestedScope: readonly string[]
  readonly redirectUri: string
  readonly verifier: Sealed
  readonly nonce: Sealed | null
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** How a flow ended: for the browser that asks for its callback again. */
export type FlowEnd =
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'connected'; readonly awaitsConfirmation: boolean }
  | {
      readonly kind: 'failed'
      readonly word: CallbackWord
      readonly errorCode: ErrorCode | CallbackErrorCode
      readonly providerError: string | null
    }

export type EndedFlow = { readonly provider: ProviderId; readonly end: FlowEnd }

/** A grant that waits until the app confirms it. */
export type WaitingGrant = {
  readonly link: LinkId
  readonly connectionId: ConnectionId
  readonly provider: ProviderId
  readonly received: ReceivedGrant
  readonly sentAt: Instant
  readonly account: Account
  readonly requestedScope: readonly string[]
  readonly request: ConnectRequest
}

/** What came of redeeming a callback at the provider. */
export type ExchangeOutcome =
  | {
      readonly kind: 'ok'
      readonly tokens: ReceivedTokens
      readonly account: Account
      readonly sentAt: Instant
    }
  /** The provider sent the user back with an error instead of a code. */
  | { readonly kind: 'refused'; readonly error: string }
  /** `iss`, the id token or the shape of the answer is wrong: nothing of it may be used. */
  | { readonly kind: 'untrusted'; readonly detail: string }
  | { readonly kind: 'code_rejected'; readonly detail: string }
  | { readonly kind: 'client_config'; readonly detail: string }
  /** `tokens`: what was received before identifying the account failed; to be revoked. */
  | {
      readonly kind: 'unavailable'
      readonly detail: string
      readonly tokens: ReceivedTokens | null
    }

/** Where the user goes to consent, and what must be kept to redeem the answer. */
export type AuthorizationStart = {
  readonly url: string
  readonly verifier: Secret
  readonly nonce: Secret | null
}

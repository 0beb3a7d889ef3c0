import type { CallbackErrorCode, CallbackWord } from './callback-error.ts'
import type { Account } from '../connection/connection.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { ReceivedGrant } from '../refresh/grant.ts'
import type { ConnectionId, FlowId, Instant, LinkId, ProviderId, UserId } from '../base/ids.ts'
import type { Sealed, Secret } from '../base/secret.ts'
import type { ReceivedTokens } from '../refresh/refresh-outcome.ts'

/** The host app's request for a link or a headless authorization. */
export type ConnectRequest = {
  readonly userId: UserId
  readonly scope: readonly string[] | null
  /** Only a hint for the provider's login page. */
  readonly email: string | null
  /** An account id or e-mail. Any other account fails with `account_mismatch`. */
  readonly expectedAccount: string | null
  /** A value of the app that is returned to it unchanged. */
  readonly state: string | null
  readonly label: string | null
  /** The name of the user, shown on the connect page. */
  readonly displayName: string | null
  readonly metadata: Readonly<Record<string, unknown>> | null
  /** The connection to reconnect. It keeps this id. */
  readonly connectionId: ConnectionId | null
  readonly client: { readonly id: string; readonly secret: Sealed | null } | null
  readonly params: Readonly<Record<string, string>>
}

export type ConfirmBy = 'page' | 'app'

export type ConnectLink = {
  readonly id: LinkId
  /** SHA-256 of the secret in the link's URL, base64url. */
  readonly secretHash: string
  readonly providers: readonly ProviderId[]
  readonly request: ConnectRequest
  /** Null: the user stays on Larder's page at the end. */
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

/** Expiry is computed and never stored, so a completed link stays completed. */
export function linkStatus(link: ConnectLink, now: Instant): LinkStatus {
  return link.state.status === 'pending' && link.expiresAt <= now ? 'expired' : link.state.status
}

/**
 * One authorization, from the redirect to the provider to the first callback with the flow's
 * cookie.
 */
export type Flow = {
  readonly id: FlowId
  /** SHA-256 of `state`, base64url. The value itself is never stored. */
  readonly stateHash: string
  readonly provider: ProviderId
  /** Null for a headless flow: the app receives the callback. */
  readonly link: LinkId | null
  /** SHA-256 of the browser's cookie. Null for a headless flow. */
  readonly browserHash: string | null
  readonly request: ConnectRequest
  readonly requestedScope: readonly string[]
  readonly redirectUri: string
  readonly verifier: Sealed
  readonly nonce: Sealed | null
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** The result of a flow, stored for a browser that requests the callback again. */
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

/** A grant that waits for the app to confirm it. */
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

/** The result of exchanging the code of a callback. */
export type ExchangeOutcome =
  | {
      readonly kind: 'ok'
      readonly tokens: ReceivedTokens
      readonly account: Account
      readonly sentAt: Instant
    }
  /** The provider sent the user back with an error instead of a code. */
  | { readonly kind: 'refused'; readonly error: string }
  /** `iss`, the id token or the shape of the answer is wrong. No part of the answer may be used. */
  | { readonly kind: 'untrusted'; readonly detail: string }
  | { readonly kind: 'code_rejected'; readonly detail: string }
  | { readonly kind: 'client_config'; readonly detail: string }
  /**
   * `tokens`: the tokens received before the account lookup failed. The caller must revoke them.
   */
  | {
      readonly kind: 'unavailable'
      readonly detail: string
      readonly tokens: ReceivedTokens | null
    }

/** The provider's consent URL, and the values that the code exchange needs later. */
export type AuthorizationStart = {
  readonly url: string
  readonly verifier: Secret
  readonly nonce: Secret | null
}

export type ErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'reconnect_required'
  | 'confirmation_required'
  | 'confirmation_refused'
  | 'several_accounts'
  | 'account_mismatch'
  | 'conflict'
  | 'link_used'
  | 'link_expired'
  | 'link_superseded'
  | 'link_withdrawn'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'misdirected_request'
  | 'too_many_requests'
  | 'provider_misconfigured'
  | 'provider_unavailable'
  | 'storage_unavailable'
  | 'internal'

export type NextAction = 'reauthorize' | 'confirm' | 'fix_configuration' | 'retry'

/** An invalid field of a request. A nested name has dots. */
export type FieldError = {
  readonly in: 'query' | 'path' | 'body' | 'header'
  readonly name: string
  readonly detail: string
}

/** One of a user's accounts, from which the caller chooses one. */
export type AccountChoice = {
  readonly connectionId: string
  readonly label: string | null
  readonly id: string | null
  readonly email: string | null
  readonly emailVerified?: true
  readonly name: string | null
}

export type ErrorExtras = {
  readonly reason?: string
  readonly nextAction?: NextAction
  readonly errors?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  /** For `several_accounts`. */
  readonly accounts?: readonly AccountChoice[]
  /**
   * The connection to reconnect or confirm. For `conflict`: the one that has the imported tokens.
   */
  readonly connectionId?: string
  /** For a callback without a code: Larder's error code, and the provider's own if it differs. */
  readonly errorCode?: string
  readonly providerError?: string | null
  readonly cause?: unknown
}

/**
 * The only error that is sent to a caller. `message` is safe to send: it contains no secret and no
 * value from a provider or user. Put details in `cause`.
 */
export class VaultError extends Error {
  readonly code: ErrorCode
  readonly extras: ErrorExtras

  constructor(code: ErrorCode, detail: string, extras: ErrorExtras = {}) {
    super(detail, extras.cause === undefined ? {} : { cause: extras.cause })
    this.name = 'VaultError'
    this.code = code
    this.extras = extras
  }
}

/** Throws `invalid_request` if there are errors. */
export function requireValid(errors: readonly FieldError[], detail: string): void {
  if (errors.length > 0) throw new VaultError('invalid_request', detail, { errors })
}

/** Another write changed the row after it was read, so this write was rejected. */
export class LostWriteError extends VaultError {
  constructor(what: 'connection' | 'link') {
    super('conflict', `the ${what} was changed meanwhile`)
    this.name = 'LostWriteError'
  }
}

/** A sealed value does not open. It is corrupt, was moved, or its key is not in the keyring. */
export class SealError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SealError'
  }
}

/** The database failed. `reason` says how. */
export class StoreError extends Error {
  readonly reason: StoreFailure
  /** Whether the write may be committed although it failed. */
  readonly isUnknown: boolean

  constructor(reason: StoreFailure, cause: unknown, { isUnknown = false } = {}) {
    super(`the database failed: ${reason}`, { cause })
    this.name = 'StoreError'
    this.reason = reason
    this.isUnknown = isUnknown
  }
}

export type StoreFailure =
  'disk_full' | 'read_only' | 'io_error' | 'locked' | 'corrupt' | 'unreachable' | 'permission'

import { looksLikeCode } from '../refresh/classify-answer.ts'
import type { ErrorCode, NextAction } from '../base/errors.ts'
import type { Provider } from '../connection/provider.ts'

/** The meaning of a callback with `error`, in the three words that Wix uses. */
export type CallbackWord = 'reject' | 'unsupported' | 'internal'

/** OpenID Connect Core §3.1.2.6: the provider needs an interaction with the user first. */
const ASKS_USER = [
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
] as const

export type CallbackErrorCode =
  | 'access_denied'
  | 'unsupported_account'
  | (typeof ASKS_USER)[number]
  /** Larder does not know the code that the provider sent. */
  | 'provider_refused'
  | Extract<ErrorCode, 'provider_unavailable' | 'provider_misconfigured'>

/** Why the provider sent the user back without a code, and who can fix it. */
export type CallbackProblem = {
  readonly word: CallbackWord
  readonly errorCode: CallbackErrorCode
  readonly nextAction: NextAction
  /** The provider's own code. Null if this code equals `errorCode` or does not look like a code. */
  readonly providerError: string | null
}

/**
 * Anyone can call the callback with any `error`, so only a value that looks like a code is passed
 * on.
 */
export function callbackProblem(
  error: string,
  provider: Pick<Provider, 'deniedBy' | 'unsupportedBy'>,
): CallbackProblem {
  const known = sorted(error, provider)
  const isNews = looksLikeCode(error) && error !== known.errorCode
  return { ...known, providerError: isNews ? error : null }
}

function sorted(
  error: string,
  { deniedBy, unsupportedBy }: Pick<Provider, 'deniedBy' | 'unsupportedBy'>,
): Omit<CallbackProblem, 'providerError'> {
  const plain = error.toLowerCase()
  const nextAction = 'reauthorize'
  if (plain === 'access_denied' || deniedBy.includes(error)) {
    return { word: 'reject', errorCode: 'access_denied', nextAction }
  }
  if (unsupportedBy.includes(error)) {
    return { word: 'unsupported', errorCode: 'unsupported_account', nextAction }
  }
  const asked = ASKS_USER.find((code) => code === plain)
  if (asked !== undefined) return { word: 'internal', errorCode: asked, nextAction }
  if (UNAVAILABLE.has(plain)) {
    return { word: 'internal', errorCode: 'provider_unavailable', nextAction: 'retry' }
  }
  if (OPERATOR.has(plain) || NAMES_CLIENT.test(plain)) {
    return {
      word: 'internal',
      errorCode: 'provider_misconfigured',
      nextAction: 'fix_configuration',
    }
  }
  return { word: 'internal', errorCode: 'provider_refused', nextAction }
}

/** The first two are from RFC 6749 §4.1.2.1. */
const UNAVAILABLE = new Set([
  'server_error',
  'temporarily_unavailable',
  'service_unavailable',
  'internal_server_error',
])

/** The request or the client registration is wrong. Only the operator can fix it. */
const OPERATOR = new Set([
  // RFC 6749 §4.1.2.1
  'invalid_request',
  'unsupported_response_type',
  // GitHub
  'application_suspended',
  // OAuth 2.0 Multiple Response Type Encoding Practices, OpenID Connect Core §3.1.2.6
  'unsupported_response_mode',
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  // RFC 8707, RFC 9396
  'invalid_target',
  'invalid_authorization_details',
])

/**
 * Matches `unauthorized_client`, `invalid_scope`, `redirect_uri_mismatch` and vendors' variants.
 */
const NAMES_CLIENT = /(^|_)(client|scopes?|redirect_ur[il])(_|$)/

import { looksLikeCode } from '../refresh/classify-answer.ts'
import type { ErrorCode, NextAction } from '../base/errors.ts'
import type { Provider } from '../connection/provider.ts'

/** What a callback with `error` means to the host app: Wix's three words. */
export type CallbackWord = 'reject' | 'unsupported' | 'internal'

/** OpenID Connect Core §3.1.2.6: the provider has to ask the user something first. */
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
  /** The provider sent a code that says nothing to Larder. */
  | 'provider_refused'
  | Extract<ErrorCode, 'provider_unavailable' | 'provider_misconfigured'>

/** Why the provider sent the user back without a code, and who can fix it. */
export type CallbackProblem = {
  readonly word: CallbackWord
  readonly errorCode: CallbackErrorCode
  readonly nextAction: NextAction
  /** The provider's own code; null if `errorCode` is the same, or if it does not look like a code. */
  readonly providerError: string | null
}

/** `error` may have been written by anyone who can call the callback: only a code is repeated. */
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

/** The first two: RFC 6749 §4.1.2.1. */
const UNAVAILABLE = new Set([
  'server_error',
  'temporarily_unavailable',
  'service_unavailable',
  'internal_server_error',
])

/** The request or the registration of the client is wrong: the user cannot fix either. */
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

/** `unauthorized_client`, `invalid_scope`, `redirect_uri_mismatch`, and how vendors vary them. */
const NAMES_CLIENT = /(^|_)(client|scopes?|redirect_ur[il])(_|$)/

import type { ErrorCode, NextAction } from '../core/base/errors.ts'

/** The text of an error page. `{provider}` is replaced by the provider's name. */
export type PageText = { readonly heading: string; readonly text: string }

type Problem = {
  readonly status: number
  readonly title: string
  readonly nextAction?: NextAction
  readonly retryAfterSeconds?: number
  /**
   * Absent if a browser cannot cause this error. In that case, Larder shows the page of `internal`.
   */
  readonly page?: PageText
}

/** The HTTP status, title and page text of every error. */
export const PROBLEMS: Readonly<Record<ErrorCode, Problem>> = {
  invalid_request: {
    status: 400,
    title: 'The request is not valid',
    page: {
      heading: 'This form cannot be read',
      text: 'What was sent is not well-formed. Nothing was started.',
    },
  },
  unauthenticated: { status: 401, title: 'A valid API key is required' },
  forbidden: { status: 403, title: 'The request is not permitted' },
  not_found: {
    status: 404,
    title: 'Not found',
    page: {
      heading: 'This link does not work',
      text: 'It may be incomplete or mistyped. Go back to the app and ask for a new one.',
    },
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    page: { heading: 'This page cannot do that', text: 'Open the link again in your browser.' },
  },
  reconnect_required: {
    status: 409,
    title: 'The user must reconnect',
    nextAction: 'reauthorize',
  },
  confirmation_required: {
    status: 409,
    title: 'The connection awaits confirmation',
    nextAction: 'confirm',
  },
  confirmation_refused: { status: 409, title: 'Confirmed for another user' },
  several_accounts: { status: 409, title: 'More than one account matches' },
  account_mismatch: {
    status: 409,
    title: 'Another account was connected',
    page: {
      heading: 'That was another account',
      text: 'The link is for another account at {provider} than the one you signed in with. Nothing was changed. Open the link again and choose the right one.',
    },
  },
  conflict: { status: 409, title: 'In conflict with what is stored' },
  link_used: {
    status: 410,
    title: 'The link was used',
    page: {
      heading: 'This link has been used',
      text: 'A link connects one account, and this one has. Go back to the app to see it, or to connect another.',
    },
  },
  link_expired: {
    status: 410,
    title: 'The link has expired',
    page: {
      heading: 'This link has expired',
      text: 'Links work for a short time only. Go back to the app and ask for a new one.',
    },
  },
  link_superseded: {
    status: 410,
    title: 'A newer link stands in its place',
    page: {
      heading: 'There is a newer link',
      text: 'This one was replaced. Use the newest link that the app gave you, or ask it for another.',
    },
  },
  link_withdrawn: {
    status: 410,
    title: 'The link was withdrawn',
    page: {
      heading: 'This link was withdrawn',
      text: 'The app withdrew this link, and nothing was connected. Ask the app for a new one.',
    },
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    page: {
      heading: 'That is too much',
      text: 'More was sent than this page can take. Nothing was started.',
    },
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body must be JSON',
    page: {
      heading: 'This form cannot be read',
      text: 'It was sent in a format that this page does not take. Nothing was started.',
    },
  },
  misdirected_request: { status: 421, title: 'Not a host this listener answers to' },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    nextAction: 'retry',
    retryAfterSeconds: 1,
    page: {
      heading: 'That was tried too often',
      text: '{provider} did not accept what was entered, and nothing was connected. Go back to the app and ask for a new link.',
    },
  },
  provider_misconfigured: {
    status: 502,
    title: 'The provider is misconfigured',
    nextAction: 'fix_configuration',
    page: {
      heading: '{provider} is not set up correctly',
      text: 'The people who run the app have to put this right. Nothing was connected.',
    },
  },
  provider_unavailable: {
    status: 503,
    title: 'The provider is unavailable',
    nextAction: 'retry',
    retryAfterSeconds: 5,
    page: {
      heading: '{provider} cannot be reached',
      text: '{provider} did not answer, and nothing was connected. Open the link again in a few minutes.',
    },
  },
  storage_unavailable: {
    status: 503,
    title: 'The storage is unavailable',
    nextAction: 'retry',
    retryAfterSeconds: 5,
    page: {
      heading: 'We cannot do this right now',
      text: 'Something on our side is not working, and nothing was connected. Please try again in a few minutes.',
    },
  },
  internal: {
    status: 500,
    title: 'Internal error',
    page: {
      heading: 'Something went wrong',
      text: 'It is our fault, not yours. Nothing was connected. Please try again.',
    },
  },
}

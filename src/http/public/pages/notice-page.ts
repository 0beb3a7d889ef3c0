import type { CallbackErrorCode, CallbackWord } from '../../../core/connect/callback-error.ts'
import type { ErrorCode } from '../../../core/base/errors.ts'
import { PROBLEMS, type PageText } from '../../problems.ts'
import { type Content, type Html, html } from './html.ts'
import { layout, type PageFrame } from './layout.ts'

/** The subject of a notice page: an error code of the API, or a case that only browsers cause. */
export type Notice = ErrorCode | keyof typeof BROWSER_ONLY

/** How a connection attempt ended. Shown if the link has no `redirectUrl`. */
export type Outcome =
  | { readonly kind: 'connected'; readonly awaitsConfirmation: boolean }
  | {
      readonly kind: 'failed'
      readonly word: CallbackWord
      readonly errorCode: string
      readonly providerError?: string | null
    }

export type Shown = {
  /** Null if unknown. */
  readonly provider: string | null
  /** A path on this site where the user may try again. */
  readonly retry: string | null
  /** An id that the user can quote to the support of the app. */
  readonly reference: string | null
}

/** A page with one message. The message never repeats input from the browser. */
export function noticePage(frame: PageFrame, notice: Notice, shown: Shown): Html {
  const words = wordsOf(notice)
  const heading = named(words.heading, shown.provider)
  const isGood = words.status === 200
  return layout(frame, {
    title: heading,
    body: html`
      <p class="mark ${isGood ? 'good' : 'bad'}" aria-hidden="true">${isGood ? '✓' : '!'}</p>
      <h1>${heading}</h1>
      <p class="lead">${named(words.text, shown.provider)}</p>
      ${retryLink(shown)} ${reference(shown)}
    `,
  })
}

export function noticeStatus(notice: Notice): number {
  return wordsOf(notice).status
}

export function outcomeNotice(outcome: Outcome): Notice {
  if (outcome.kind === 'connected') {
    return outcome.awaitsConfirmation ? 'awaiting_confirmation' : 'connected'
  }
  return AFTER_CALLBACK.find((code) => code === outcome.errorCode) ?? BY_WORD[outcome.word]
}

function retryLink({ retry }: Shown): Content {
  return retry === null ? null : html`<a class="button" href="${retry}">Try again</a>`
}

function reference({ reference: text }: Shown): Content {
  return text === null ? null : html`<p class="reference">Reference: <code>${text}</code></p>`
}

/** The replacement is a function, because `replaceAll` would interpret `$` patterns in a string. */
function named(text: string, provider: string | null): string {
  if (provider !== null) return text.replaceAll('{provider}', () => provider)
  return text.replace(/^\{provider\}/, 'The provider').replaceAll('{provider}', 'the provider')
}

type Words = PageText & { readonly status: number }

function wordsOf(notice: Notice): Words {
  if (notice in BROWSER_ONLY) return BROWSER_ONLY[notice as keyof typeof BROWSER_ONLY]
  const { status, page } = PROBLEMS[notice as ErrorCode]
  return page === undefined ? wordsOf('internal') : { status, ...page }
}

const BY_WORD = {
  reject: 'access_denied',
  unsupported: 'unsupported_account',
  internal: 'callback_failed',
} as const

/** Error codes of a failed attempt that have their own page. */
const AFTER_CALLBACK = [
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'provider_refused',
  'account_mismatch',
  'link_used',
  'link_withdrawn',
  'too_many_requests',
  'provider_unavailable',
  'provider_misconfigured',
] as const satisfies readonly (CallbackErrorCode | ErrorCode)[]

const ASKS_USER = {
  status: 403,
  heading: '{provider} has to ask you first',
  text: '{provider} wants you to sign in there, to choose an account or to agree, and nothing was connected. Sign in at {provider} in this browser, then open the link again.',
}

const BROWSER_ONLY = {
  connected: {
    status: 200,
    heading: '{provider} is connected',
    text: 'You can close this window and go back to the app.',
  },
  awaiting_confirmation: {
    status: 200,
    heading: 'Almost done',
    text: '{provider} has agreed. Go back to the app within ten minutes; it finishes the connection.',
  },
  access_denied: {
    status: 403,
    heading: '{provider} was not connected',
    text: 'You said no at {provider}, and nothing was connected. If you did not mean to, open the link again.',
  },
  unsupported_account: {
    status: 403,
    heading: 'This account cannot be connected',
    text: '{provider} does not allow it for this kind of account, or an administrator has to agree first. Try another account, or ask your administrator.',
  },
  callback_failed: {
    status: 500,
    heading: '{provider} was not connected',
    text: 'Something went wrong between us and {provider}, and nothing was connected. Open the link again to try once more.',
  },
  login_required: ASKS_USER,
  consent_required: ASKS_USER,
  interaction_required: ASKS_USER,
  account_selection_required: ASKS_USER,
  provider_refused: {
    status: 502,
    heading: '{provider} refused the connection',
    text: '{provider} sent you back with an error, and nothing was connected. Open the link again to try once more. If it happens again, tell the people who run the app the reference below.',
  },
  page_not_found: {
    status: 404,
    heading: 'There is no such page',
    text: 'The address may be incomplete or mistyped.',
  },
  wrong_browser: {
    status: 400,
    heading: 'Open the link again in this browser',
    text: 'A connection must be finished in the browser in which it was begun, and within a few minutes. Nothing was connected by this page; if you were connected before, the app shows it.',
  },
  not_opened: {
    status: 400,
    heading: 'Open this page to go on',
    text: 'Your browser only loaded it in advance. Nothing was connected yet.',
  },
  unusable_answer: {
    status: 400,
    heading: 'This answer cannot be used',
    text: 'What came back from the provider is not well-formed. Nothing was connected. Open the link again to start over.',
  },
  not_from_page: {
    status: 403,
    heading: 'Please press Continue once more',
    text: 'We could not tell that the click came from our own page, so nothing was started. This also happens if cookies are blocked; they must be allowed for this site.',
  },
  address_too_long: {
    status: 414,
    heading: 'This address is too long',
    text: 'It may be mistyped. Go back to the app and open the link again.',
  },
} satisfies Readonly<Record<string, Words>>

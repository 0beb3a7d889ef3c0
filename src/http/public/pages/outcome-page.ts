import type { CallbackWord } from '../../../core/connect/callback-error.ts'
import type { Html } from './html.ts'
import type { PageFrame } from './layout.ts'
import { noticePage } from './notice-page.ts'

/** How a connection attempt ended, where the link named no `redirectUrl`. */
export type Outcome =
  | { readonly kind: 'connected'; readonly awaitsConfirmation: boolean }
  | {
      readonly kind: 'failed'
      readonly word: CallbackWord
      readonly errorCode: string
      readonly providerError?: string | null
    }

/** The provider's name and its one-word error code, escaped as everything is, are all that is filled in. */
export function outcomePage(frame: PageFrame, outcome: Outcome, providerName: string): Html {
  const { heading, text } = inWords(outcome)
  // By function: a replacement string would read patterns out of the name.
  const named = (words: string): string => words.replaceAll('{provider}', () => providerName)
  return noticePage(frame, {
    mood: outcome.kind === 'connected' ? 'good' : 'bad',
    heading: named(heading),
    text: named(text),
    retry: null,
    reference: outcome.kind === 'failed' ? (outcome.providerError ?? null) : null,
  })
}

export function outcomeStatus(outcome: Outcome): number {
  return inWords(outcome).status
}

type Words = { readonly status: number; readonly heading: string; readonly text: string }

function inWords(outcome: Outcome): Words {
  if (outcome.kind === 'failed') return BY_CODE.get(outcome.errorCode) ?? BY_WORD[outcome.word]
  return outcome.awaitsConfirmation ? ALMOST : DONE
}

const DONE: Words = {
  status: 200,
  heading: '{provider} is connected',
  text: 'You can close this window and go back to the app.',
}

const ALMOST: Words = {
  status: 200,
  heading: 'Almost done',
  text: '{provider} has agreed. Go back to the app within ten minutes; it finishes the connection.',
}

const BY_WORD: Readonly<Record<CallbackWord, Words>> = {
  reject: {
    status: 403,
    heading: '{provider} was not connected',
    text: 'You said no at {provider}, and nothing was connected. If you did not mean to, open the link again.',
  },
  unsupported: {
    status: 403,
    heading: 'This account cannot be connected',
    text: '{provider} does not allow it for this kind of account, or an administrator has to agree first. Try another account, or ask your administrator.',
  },
  internal: {
    status: 500,
    heading: '{provider} was not connected',
    text: 'Something went wrong between us and {provider}, and nothing was connected. Open the link again to try once more.',
  },
}

const ASKS_USER: Words = {
  status: 403,
  heading: '{provider} has to ask you first',
  text: '{provider} wants you to sign in there, to choose an account or to agree, and nothing was connected. Sign in at {provider} in this browser, then open the link again.',
}

const BY_CODE: ReadonlyMap<string, Words> = new Map([
  ['login_required', ASKS_USER],
  ['consent_required', ASKS_USER],
  ['interaction_required', ASKS_USER],
  ['account_selection_required', ASKS_USER],
  [
    'provider_refused',
    {
      status: 502,
      heading: '{provider} refused the connection',
      text: '{provider} sent you back with an error, and nothing was connected. Open the link again to try once more. If it happens again, tell the people who run the app what stands below.',
    },
  ],
  [
    'account_mismatch',
    {
      status: 409,
      heading: 'That was another account',
      text: 'The link is for another account at {provider} than the one you signed in with. Nothing was changed. Open the link again and choose the right one.',
    },
  ],
  [
    'link_used',
    {
      status: 410,
      heading: 'This link has been used',
      text: 'It connected an account in the meantime, and this attempt changed nothing. Go back to the app to see it.',
    },
  ],
  [
    'link_withdrawn',
    {
      status: 410,
      heading: 'This link was withdrawn',
      text: 'The app that made it took it back, and nothing was connected. Ask there for a new one.',
    },
  ],
  [
    'too_many_requests',
    {
      status: 429,
      heading: 'That was tried too often',
      text: '{provider} did not accept what was entered, and nothing was connected. Go back to the app and ask for a new link.',
    },
  ],
  [
    'provider_unavailable',
    {
      status: 503,
      heading: '{provider} cannot be reached',
      text: '{provider} did not answer, and nothing was connected. Open the link again in a few minutes.',
    },
  ],
  [
    'provider_misconfigured',
    {
      status: 502,
      heading: '{provider} is not set up correctly',
      text: 'The people who run the app have to put this right. Nothing was connected.',
    },
  ],
])

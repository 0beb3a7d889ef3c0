import type { CallbackWord } from '../../core/authorization.ts'
import type { Html } from './html.ts'
import type { PageFrame } from './layout.ts'
import { noticePage } from './notice-page.ts'

/** How a connection attempt ended, where the link named no `redirectUrl`. */
export type Outcome =
  | { readonly kind: 'connected'; readonly awaitsConfirmation: boolean }
  | { readonly kind: 'failed'; readonly word: CallbackWord; readonly errorCode: string }

/** The provider's name, escaped as everything is, is all that these texts take in. */
export function outcomePage(frame: PageFrame, outcome: Outcome, providerName: string): Html {
  const { heading, text } = inWords(outcome)
  return noticePage(frame, {
    mood: outcome.kind === 'connected' ? 'good' : 'bad',
    heading: heading.replaceAll('{provider}', providerName),
    text: text.replaceAll('{provider}', providerName),
    retry: null,
    reference: null,
  })
}

export function outcomeStatus(outcome: Outcome): number {
  if (outcome.kind === 'connected') return 200
  const own = STATUS_BY_CODE[outcome.errorCode]
  return own ?? (outcome.word === 'internal' ? 500 : 403)
}

type Words = { readonly heading: string; readonly text: string }

function inWords(outcome: Outcome): Words {
  if (outcome.kind === 'failed') return BY_CODE[outcome.errorCode] ?? BY_WORD[outcome.word]
  return outcome.awaitsConfirmation ? ALMOST : DONE
}

const DONE: Words = {
  heading: '{provider} is connected',
  text: 'You can close this window and go back to the app.',
}

const ALMOST: Words = {
  heading: 'Almost done',
  text: '{provider} has agreed. Go back to the app within ten minutes; it finishes the connection.',
}

const BY_WORD: Readonly<Record<CallbackWord, Words>> = {
  reject: {
    heading: '{provider} was not connected',
    text: 'You said no at {provider}, and nothing was connected. If you did not mean to, open the link again.',
  },
  unsupported: {
    heading: 'This account cannot be connected',
    text: '{provider} does not allow it for this kind of account, or an administrator has to agree first. Try another account, or ask your administrator.',
  },
  internal: {
    heading: '{provider} was not connected',
    text: 'Something went wrong between us and {provider}, and nothing was connected. Open the link again to try once more.',
  },
}

const BY_CODE: Readonly<Partial<Record<string, Words>>> = {
  account_mismatch: {
    heading: 'That was another account',
    text: 'The link is for another account at {provider} than the one you signed in with. Nothing was changed. Open the link again and choose the right one.',
  },
  link_used: {
    heading: 'This link has been used',
    text: 'It connected an account in the meantime, and this attempt changed nothing. Go back to the app to see it.',
  },
  link_withdrawn: {
    heading: 'This link was withdrawn',
    text: 'The app that made it took it back, and nothing was connected. Ask there for a new one.',
  },
  provider_unavailable: {
    heading: '{provider} cannot be reached',
    text: '{provider} did not answer, and nothing was connected. Open the link again in a few minutes.',
  },
  provider_misconfigured: {
    heading: '{provider} is not set up correctly',
    text: 'The people who run the app have to put this right. Nothing was connected.',
  },
}

const STATUS_BY_CODE: Readonly<Partial<Record<string, number>>> = {
  account_mismatch: 409,
  conflict: 409,
  link_used: 410,
  link_withdrawn: 410,
  provider_unavailable: 503,
  provider_misconfigured: 502,
}

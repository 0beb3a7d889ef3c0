import type { Html } from './html.ts'
import type { PageFrame } from './layout.ts'
import { type Notice, noticePage } from './notice-page.ts'

/** What can go wrong for a browser, from a closed list; no text of ours repeats what was sent to us. */
export type PageProblem = keyof typeof PROBLEMS

export function problemPage(
  frame: PageFrame,
  problem: PageProblem,
  shown: Pick<Notice, 'retry' | 'reference'>,
): Html {
  const { heading, text } = PROBLEMS[problem]
  return noticePage(frame, { mood: 'bad', heading, text, ...shown })
}

export function problemStatus(problem: PageProblem): number {
  return PROBLEMS[problem].status
}

const PROBLEMS = {
  page_not_found: {
    status: 404,
    heading: 'There is no such page',
    text: 'The address may be incomplete or mistyped.',
  },
  link_not_found: {
    status: 404,
    heading: 'This link does not work',
    text: 'It may be incomplete or mistyped. Go back to the app and ask for a new one.',
  },
  link_used: {
    status: 410,
    heading: 'This link has been used',
    text: 'A link connects one account, and this one has. Go back to the app to see it, or to connect another.',
  },
  link_expired: {
    status: 410,
    heading: 'This link has expired',
    text: 'Links work for a short time only. Go back to the app and ask for a new one.',
  },
  link_superseded: {
    status: 410,
    heading: 'There is a newer link',
    text: 'This one was replaced. Use the newest link that the app gave you, or ask it for another.',
  },
  link_withdrawn: {
    status: 410,
    heading: 'This link was withdrawn',
    text: 'The app that made it took it back. Ask there for a new one.',
  },
  wrong_browser: {
    status: 400,
    heading: 'Open the link again in this browser',
    text: 'A connection must be finished in the browser in which it was begun, and within a few minutes. Nothing was connected by this page; if you were connected before, the app shows it.',
  },
  not_opened: {
    status: 400,
    heading: 'Open this page to go on',
    text: 'It was loaded in advance only. Nothing was connected yet.',
  },
  unusable_answer: {
    status: 400,
    heading: 'This answer cannot be used',
    text: 'What came back from the provider is not well-formed. Nothing was connected. Open the link again to start over.',
  },
  not_from_page: {
    status: 403,
    heading: 'Please press Continue once more',
    text: 'We could not tell that the click came from our own page, so nothing was started. This also happens where cookies are blocked; they must be allowed for this site.',
  },
  bad_form: {
    status: 400,
    heading: 'This form cannot be read',
    text: 'What was sent is not well-formed. Nothing was started.',
  },
  method_not_allowed: {
    status: 405,
    heading: 'This page cannot do that',
    text: 'Open the link again in your browser.',
  },
  too_large: {
    status: 413,
    heading: 'That is too much',
    text: 'More was sent than this page can take. Nothing was started.',
  },
  address_too_long: {
    status: 414,
    heading: 'This address is too long',
    text: 'It may be mistyped. Go back to the app and open the link again.',
  },
  not_a_form: {
    status: 415,
    heading: 'This form cannot be read',
    text: 'It was sent in a form that this page does not take. Nothing was started.',
  },
  provider_misconfigured: {
    status: 502,
    heading: 'The provider is not set up correctly',
    text: 'The people who run the app have to put this right. Nothing was connected.',
  },
  provider_unavailable: {
    status: 503,
    heading: 'The provider cannot be reached',
    text: 'It did not answer, and nothing was connected. Please try again in a few minutes.',
  },
  unavailable: {
    status: 503,
    heading: 'We cannot do this right now',
    text: 'Something on our side is not working, and nothing was connected. Please try again in a few minutes.',
  },
  internal: {
    status: 500,
    heading: 'Something went wrong',
    text: 'It is our fault, not yours. Nothing was connected. Please try again.',
  },
} as const satisfies Record<string, { status: number; heading: string; text: string }>

import { type Content, type Html, html } from './html.ts'
import { layout, type PageFrame } from './layout.ts'

/** A page that says one thing. */
export type Notice = {
  readonly mood: 'good' | 'bad'
  readonly heading: string
  readonly text: string
  /** Where to try again; a path of ours. */
  readonly retry: string | null
  /** What the user can quote to whoever runs this. */
  readonly reference: string | null
}

export function noticePage(frame: PageFrame, notice: Notice): Html {
  return layout(frame, {
    title: notice.heading,
    body: html`
      <p class="mark ${notice.mood}" aria-hidden="true">${notice.mood === 'good' ? '✓' : '!'}</p>
      <h1>${notice.heading}</h1>
      <p class="lead">${notice.text}</p>
      ${retryLink(notice)} ${reference(notice)}
    `,
  })
}

function retryLink({ retry }: Notice): Content {
  return retry === null ? null : html`<a class="button" href="${retry}">Try again</a>`
}

function reference(notice: Notice): Content {
  return notice.reference === null
    ? null
    : html`<p class="reference">Reference: <code>${notice.reference}</code></p>`
}

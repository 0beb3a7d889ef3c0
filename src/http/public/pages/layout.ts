import { type Content, type Html, html } from './html.ts'

export type PageFrame = {
  /** The path of the stylesheet. */
  readonly stylesheet: string
}

export type Page = {
  readonly title: string
  readonly body: Content
}

/** A whole page. It has no scripts and loads nothing from another host. */
export function layout(frame: PageFrame, page: Page): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <title>${page.title}</title>
        <link rel="stylesheet" href="${frame.stylesheet}" />
      </head>
      <body>
        <main>${page.body}</main>
      </body>
    </html> `
}

import { expect, test } from 'vitest'
import { html } from '../../../src/http/public/pages/html.ts'

test.each([
  ['<script>alert(1)</script>', '&#60;script&#62;alert(1)&#60;/script&#62;'],
  ['" onmouseover="x', '&#34; onmouseover=&#34;x'],
  ["it's", 'it&#39;s'],
  ['&lt;', '&#38;lt;'],
  [7, '7'],
  [0, '0'],
  [null, ''],
])('puts %j into a page as %s', (value, expected) => {
  expect(html`<p title="${value}">${value}</p>`.toString()).toBe(
    `<p title="${expected}">${expected}</p>`,
  )
})

test('keeps markup of its own, alone or in a list, and escapes what stands between', () => {
  const items = [html`<i>a</i>`, '<i>', [html`<i>b</i>`, null]]
  expect(html`<b>${items}</b>`.toString()).toBe('<b><i>a</i>&#60;i&#62;<i>b</i></b>')
})

test('takes nobody else for its own markup', () => {
  const forged = { toString: () => '<script>' } as unknown as string
  expect(() => html`${forged}`.toString()).toThrow(TypeError)
})

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
])('the value %j is written into a page as %s', (value, expected) => {
  expect(html`<p title="${value}">${value}</p>`.toString()).toBe(
    `<p title="${expected}">${expected}</p>`,
  )
})

test('nested page markup is kept, and text in between is escaped', () => {
  const items = [html`<i>a</i>`, '<i>', [html`<i>b</i>`, null]]
  expect(html`<b>${items}</b>`.toString()).toBe('<b><i>a</i>&#60;i&#62;<i>b</i></b>')
})

test('an object that only imitates escaped markup is rejected', () => {
  const forged = { toString: () => '<script>' } as unknown as string
  expect(() => html`${forged}`.toString()).toThrow(TypeError)
})

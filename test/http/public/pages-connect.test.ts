import { expect, test } from 'vitest'
import type { ConnectLink } from '../../../src/core/connect/flow.ts'
import type { OpenedLink } from '../../../src/vault/connect/open-link.ts'
import { askingApp } from '../../../src/http/public/pages/asking-app.ts'
import { connectPage } from '../../../src/http/public/pages/connect-page.ts'
import { scopeList } from '../../../src/http/public/pages/scope-list.ts'
import { timeLeft } from '../../../src/http/public/pages/time-left.ts'

const FRAME = { stylesheet: '/assets/x.css' }
const FORM = { action: '/connect/secret', token: 'the-token', complaint: null, username: null }
const GOOGLE = choice('google', 'Google', ['openid', 'calendar'])
const ACME = choice('acme', 'Acme & Sons', ['files'])

test.each([
  [0, 'in less than a minute'],
  [59_999, 'in less than a minute'],
  [60_000, 'in 1 minute'],
  [899_999, 'in 14 minutes'],
  [3_600_000, 'in 1 hour'],
  [23 * 3_600_000 + 5, 'in 23 hours'],
  [24 * 3_600_000, 'in a day'],
])('the connect page describes a time of %d ms as "%s"', (ms, words) => {
  expect(timeLeft(ms)).toBe(words)
})

test.each([
  ['openid', 'Know that it is you openid'],
  ['Calendars.Read', 'Calendars.Read'],
  ['https://www.googleapis.com/auth/calendar.readonly', 'calendar.readonly www.googleapis.com'],
  ['https://mail.google.com/', 'https://mail.google.com/'],
  ['constructor', 'constructor'],
  ['a<b>', 'a<b>'],
])('the connect page lists the scope %s as "%s"', (scope, words) => {
  expect(textOf(scopeList([scope]).toString())).toBe(words)
})

test.each([
  ['https://app.example.com/oauth?x=1', 'app.example.com', 'https://app.example.com'],
  ['http://127.0.0.1:3000/back', '127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ['https://user@аpple.example/', 'xn--pple-43d.example', 'https://xn--pple-43d.example'],
  ['myapp://done', 'myapp', 'myapp (an app on this device)'],
  [null, null, null],
])('the connect page names the app with the redirect URL %s: %s', (redirectUrl, name, origin) => {
  expect(askingApp(redirectUrl)).toEqual({ name, origin })
})

test('the connect page names the app, the user, the requested access, the expiry and the redirect target', () => {
  const words = textOf(page({}, [GOOGLE]))
  expect(words).toContain('Connect your Google account')
  expect(words).toContain('app.example.com asks for access to your Google account')
  expect(words).toContain('For Ada Lovelace')
  expect(words).toContain('You return to https://app.example.com')
  expect(words).toContain('Link expires in 15 minutes')
  expect(words).toContain('Know that it is you openid calendar')
  expect(words).toContain('Continue to Google')
  expect(words).toContain('Continue only if you came here from app.example.com')
})

test('the connect page asks the user to choose a provider if the link names several', () => {
  const markup = page({}, [GOOGLE, ACME])
  expect(
    markup.match(/<input type="radio" name="provider" value="(google|acme)" required/g),
  ).toHaveLength(2)
  expect(textOf(markup)).toContain('Acme &#38; Sons')
  expect(markup).not.toContain('checked')
})

test('the connect page says Reconnect if the link is for an existing connection', () => {
  expect(textOf(page({ connectionId: 'con_1' }, [GOOGLE]))).toContain(
    'Reconnect your Google account',
  )
})

test('the connect page shows an expected account only if it is an e-mail address', () => {
  expect(page({ expectedAccount: 'ada@example.com' }, [GOOGLE])).toContain('ada@example.com')
  expect(page({ expectedAccount: '11029384' }, [GOOGLE])).not.toContain('11029384')
})

test.each(['displayName', 'label', 'expectedAccount'])(
  'the connect page escapes the %s',
  (field) => {
    const markup = page({ [field]: '"><script>alert("x@y")</script>' }, [GOOGLE])
    expect(markup).not.toContain('<script')
    expect(markup).toContain('&#34;&#62;&#60;script&#62;')
  },
)

test('the connect page does not show state, user id, metadata or login hint', () => {
  const markup = page(
    { state: 'st4te', userId: 'us3r', email: 'h1nt@x', metadata: { m: 'm3ta' } },
    [GOOGLE],
  )
  for (const own of ['st4te', 'us3r', 'h1nt', 'm3ta']) expect(markup).not.toContain(own)
})

test('the connect page has a heading, title and language, and no script or foreign resource', () => {
  const markup = page({}, [GOOGLE, ACME])
  expect(markup.match(/<h1>/g)).toHaveLength(1)
  expect(markup).toContain('<html lang="en">')
  expect(markup).toContain('<title>Connect an account to app.example.com</title>')
  expect(markup).not.toMatch(/<script|style=|\son\w+=|src=/)
  expect([...markup.matchAll(/(?:href|action)="([^"]*)"/g)].map(([, url]) => url)).toEqual([
    '/assets/x.css',
    '/connect/secret',
  ])
})

function page(
  request: Readonly<Record<string, unknown>>,
  providers: readonly OpenedLink['providers'][number][],
) {
  const link = {
    redirectUrl: 'https://app.example.com/oauth',
    expiresAt: 900_000,
    request: {
      displayName: 'Ada Lovelace',
      label: null,
      expectedAccount: null,
      connectionId: null,
      ...request,
    },
  } as unknown as ConnectLink
  return connectPage(FRAME, { link, providers }, { form: FORM, now: 0 }).toString()
}

function choice(id: string, name: string, scopes: readonly string[]) {
  return {
    provider: { id, name, credentials: null },
    scopes,
  } as unknown as OpenedLink['providers'][number]
}

function textOf(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#60;/g, '<')
    .replace(/&#62;/g, '>')
    .replace(/\s+/g, ' ')
    .trim()
}

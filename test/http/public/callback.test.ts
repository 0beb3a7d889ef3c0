import { expect, onTestFinished, test } from 'vitest'
import { dumpDatabase } from '../../support/dump-database.ts'
import { openPublicListener, REDIRECT_URL } from '../../support/public-listener.ts'
import { ask } from '../support/ask.ts'
import { FORM, post, pressContinue } from '../support/form-visitor.ts'

const CALLBACK = '/callback/acme'
const LOOKS_AHEAD = [
  ['sec-purpose', 'prefetch'],
  ['sec-purpose', 'prefetch;prerender'],
  ['purpose', 'prefetch'],
  ['x-purpose', 'preview'],
  ['x-moz', 'Prefetch'],
] as const
const NOBODY = `larder=${'a'.repeat(43)}`

test('a callback redirects to the app with the outcome', async () => {
  const { larder, cookie, state } = await atProvider({ state: 'of the app' })
  const path = `${CALLBACK}?error=access_denied&error_description=%3Cb%3Eno&state=${state}`
  const answer = await ask(larder.address, { path, headers: { cookie } })
  expect(answer.status).toBe(303)
  const url = new URL(String(answer.headers['location']))
  expect(url.origin + url.pathname).toBe(REDIRECT_URL)
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    error: 'reject',
    errorCode: 'access_denied',
    state: 'of the app',
  })
})

test('a callback redirects to the app with provider_unavailable if the provider reports that it is unavailable', async () => {
  const { larder, cookie, state } = await atProvider()
  const path = `${CALLBACK}?error=temporarily_unavailable&state=${state}`
  const { headers } = await ask(larder.address, { path, headers: { cookie } })
  expect(headers['location']).toContain('?error=internal&errorCode=provider_unavailable&')
})

test.each([
  ['redirect_uri_mismatch', 502, 'The people who run the app have to put this right.'],
  ['login_required', 403, 'Sign in at Acme in this browser'],
  ['of.its_own', 502, 'tell the people who run the app'],
])('the page for the error %s says who can fix it', async (error, status, text) => {
  const { larder, cookie, state } = await atProvider({ redirectUrl: null })
  const path = `${CALLBACK}?error=${error}&state=${state}`
  const { headers } = await ask(larder.address, { path, headers: { cookie } })
  const page = { path: String(headers['location']).replace('#', ''), headers: { cookie } }
  const shown = await ask(larder.address, page)
  expect([shown.status, shown.text]).toEqual([status, expect.stringContaining(text)])
  const quoted = shown.text.includes(`Reference: <code>${error}</code>`)
  expect(quoted).toBe(error !== 'login_required')
})

test("a callback redirects to a native app by the app's own URL scheme", async () => {
  const { larder, cookie, state } = await atProvider({ redirectUrl: 'myapp://done' })
  const path = `${CALLBACK}?error=access_denied&state=${state}`
  const { headers } = await ask(larder.address, { path, headers: { cookie } })
  expect(headers['location']).toMatch(/^myapp:\/\/done\?error=reject&/)
})

test.each([
  [REDIRECT_URL, '#'],
  [`${REDIRECT_URL}?sig=a%20b~c+d&flag&x=1&x=2&empty=`, '#'],
  [`${REDIRECT_URL}?`, '#'],
  [`${REDIRECT_URL}?a=~#of-the-app`, '#of-the-app'],
  ['myapp://done?next=%2Fa~', '#'],
])(
  'the query of %s keeps its spelling, and the redirect ends with the fragment %s',
  async (redirectUrl, fragment) => {
    const { larder, cookie, state } = await atProvider({ redirectUrl, state: 'a b' })
    const path = `${CALLBACK}?error=access_denied&state=${state}`
    const { headers } = await ask(larder.address, { path, headers: { cookie } })
    const [own = ''] = redirectUrl.split('#')
    const between = own.endsWith('?') ? '' : own.includes('?') ? '&' : '?'
    const added = 'error=reject&errorCode=access_denied&linkId=lnk_'
    expect(headers['location']).toContain(`${own}${between}${added}`)
    expect(String(headers['location']).endsWith(`&state=a%20b${fragment}`)).toBe(true)
  },
)

test.each<[string, (state: string) => Parameters<typeof ask>[1]]>([
  ['no cookie', (state) => ({ path: `${CALLBACK}?code=c&state=${state}` })],
  [
    'the cookie of another browser',
    (state) => ({ path: `${CALLBACK}?code=c&state=${state}`, headers: { cookie: NOBODY } }),
  ],
  [
    'the callback of another provider',
    (state) => ({ path: `/callback/odd?code=c&state=${state}`, headers: { cookie: SOUND } }),
  ],
  [
    'HEAD',
    (state) => ({
      path: `${CALLBACK}?code=c&state=${state}`,
      method: 'HEAD',
      headers: { cookie: SOUND },
    }),
  ],
  ...LOOKS_AHEAD.map(
    ([name, value]) =>
      [
        `${name}: ${value}`,
        (state: string) => ({
          path: `${CALLBACK}?error=access_denied&state=${state}`,
          headers: { cookie: SOUND, [name]: value },
        }),
      ] as [string, (state: string) => Parameters<typeof ask>[1]],
  ),
  [
    'an unknown state',
    (state) => ({ path: `${CALLBACK}?code=c&state=${state}x`, headers: { cookie: SOUND } }),
  ],
  ['no state', () => ({ path: `${CALLBACK}?code=c`, headers: { cookie: SOUND } })],
  [
    'two states',
    (state) => ({
      path: `${CALLBACK}?code=c&state=${state}&state=${state}`,
      headers: { cookie: SOUND },
    }),
  ],
  [
    'two codes',
    (state) => ({ path: `${CALLBACK}?code=c&code=d&state=${state}`, headers: { cookie: SOUND } }),
  ],
  [
    'two issuers',
    (state) => ({
      path: `${CALLBACK}?code=c&iss=a&iss=b&state=${state}`,
      headers: { cookie: SOUND },
    }),
  ],
])('a callback with %s is rejected and changes nothing', async (_, question) => {
  const { larder, cookie, state } = await atProvider()
  const before = await dumpDatabase(larder.dataDir)
  const { headers, ...rest } = question(state)
  const sent = headers?.['cookie'] === SOUND ? { ...headers, cookie } : { ...headers }
  const answer = await ask(larder.address, { ...rest, headers: sent })
  expect(answer.status).toBe(400)
  expect(answer.headers['location']).toBeUndefined()
  expect(answer.headers['set-cookie']).toBeUndefined()
  expect(await dumpDatabase(larder.dataDir)).toBe(before)

  const path = `${CALLBACK}?error=access_denied&state=${state}`
  const first = await ask(larder.address, { path, headers: { cookie } })
  expect(first.status).toBe(303)
  const again = await ask(larder.address, { path, headers: { cookie } })
  expect(again.headers['location']).toBe(first.headers['location'])
})

test('parallel requests of one callback redirect to the same URL', async () => {
  const { larder, cookie, state } = await atProvider()
  const path = `${CALLBACK}?code=c&state=${state}`
  const question = { path, headers: { cookie } }
  const answers = await Promise.all([1, 2, 3].map(() => ask(larder.address, question)))
  const [one, ...others] = answers.map(({ headers }) => headers['location'])
  expect(one).toMatch(/^https:\/\/app\.example\.com\//)
  expect(others).toEqual([one, one])
})

test('a callback uses the first of repeated parameters and does not pass on unknown parameters', async () => {
  const { larder, cookie, state } = await atProvider()
  const path = `${CALLBACK}?error=access_denied&scope=a&scope=b&state=${state}&return_to=//evil.example`
  const answer = await ask(larder.address, { path, headers: { cookie } })
  expect(answer.headers['location']).toMatch(/^https:\/\/app\.example\.com\//)
  expect(answer.headers['location']).not.toContain('evil')
})

test.each([
  ['an address', 8_000, 303],
  ['an address', 14_000, 414],
  ['a form', 8_000, 303],
  ['a form', 14_000, 413],
])(
  'a callback with a code in %s of %d characters is answered with %d',
  async (way, length, status) => {
    const { larder, cookie, state } = await atProvider()
    const code = 'x'.repeat(length)
    const bounced = way === 'a form' ? await post(larder, CALLBACK, { code, state }, {}) : null
    const path = String(bounced?.headers['location'] ?? `${CALLBACK}?code=${code}&state=${state}`)
    if (bounced !== null && status !== 303) return expect(bounced.status).toBe(status)
    const answer = await ask(larder.address, { path: path.replace('#', ''), headers: { cookie } })
    expect(answer.status).toBe(status)
    // The code was sent to a provider that this test does not run.
    if (status === 303)
      expect(answer.headers['location']).toContain('errorCode=provider_unavailable')
  },
)

test('a posted callback changes nothing and redirects to a GET with every field except tokens', async () => {
  const { larder, cookie, state } = await atProvider()
  const before = await dumpDatabase(larder.dataDir)
  const sent = { state, error: 'access_denied', user: '{"name":"Ada"}', id_token: 'x', iss: 'a b' }
  const cross = { 'sec-fetch-site': 'cross-site', origin: 'https://acme.example' }
  const answer = await post(larder, CALLBACK, sent, cross)
  expect(answer.status).toBe(303)
  const location = String(answer.headers['location'])
  expect(location).toBe(
    `${CALLBACK}?state=${state}&error=access_denied&user=%7B%22name%22%3A%22Ada%22%7D&iss=a+b#`,
  )
  expect(answer.headers['set-cookie']).toBeUndefined()
  expect(await dumpDatabase(larder.dataDir)).toBe(before)
  const finished = await ask(larder.address, { path: location, headers: { cookie } })
  expect(finished.headers['location']).toContain('error=reject')
})

test.each([
  [400, FORM, 'code=c'],
  [400, FORM, 'code=c&state=a&state=b'],
  [415, 'application/json', '{"state":"a"}'],
  [413, FORM, `state=${'x'.repeat(12_288)}`],
])('an invalid posted callback is answered with %d: %s', async (status, type, body) => {
  const { larder } = await atProvider()
  const headers = { 'content-type': type, 'content-length': String(body.length) }
  const question = { path: CALLBACK, method: 'POST', body, headers }
  const answer = await ask(larder.address, question)
  expect([answer.status, answer.headers['location']]).toEqual([status, undefined])
})

test('a posted callback of a prefetching browser is rejected', async () => {
  const { larder, state } = await atProvider()
  const answer = await post(larder, CALLBACK, { state, code: 'c' }, { 'sec-purpose': 'prefetch' })
  expect([answer.status, answer.headers['location']]).toEqual([400, undefined])
})

test('a posted callback redirects to a GET below the path of the public URL', async () => {
  const larder = await open({ publicUrl: 'https://example.com/larder' })
  const answer = await post(larder, '/larder/callback/acme', { state: 's', code: 'c' }, {})
  expect(answer.headers['location']).toBe('/larder/callback/acme?state=s&code=c#')
})

test('without a redirect URL the outcome is shown on a page that only the same browser can open', async () => {
  const { larder, cookie, state } = await atProvider({ redirectUrl: null })
  const path = `${CALLBACK}?error=access_denied&state=${state}`
  const answer = await ask(larder.address, { path, headers: { cookie } })
  const location = String(answer.headers['location'])
  expect(answer.status).toBe(303)
  expect(location).toMatch(
    /^\/callback\/acme\?outcome=failed\.reject\.access_denied&proof=[\w-]+#$/,
  )
  expect(location).not.toContain(state)
  const shown = await ask(larder.address, { path: location, headers: { cookie } })
  expect([shown.status, shown.text]).toEqual([
    403,
    expect.stringContaining('Acme was not connected'),
  ])

  const forged = [
    { path: location, headers: { cookie: NOBODY } },
    { path: location },
    { path: location.replace(/outcome=[\w.]+/, 'outcome=connected'), headers: { cookie } },
    { path: location.replace('/acme', '/odd'), headers: { cookie } },
    { path: `${CALLBACK}?outcome=connected`, headers: { cookie } },
  ]
  for (const question of forged) {
    expect((await ask(larder.address, question)).status).toBe(400)
  }
})

/** Stands for the cookie of the browser that began the flow. */
const SOUND = 'sound'

async function open(settings: Parameters<typeof openPublicListener>[0] = {}) {
  const larder = await openPublicListener(settings)
  onTestFinished(() => larder[Symbol.asyncDispose]())
  return larder
}

async function atProvider(
  demand: Parameters<Awaited<ReturnType<typeof open>>['createLink']>[0] = {},
) {
  const larder = await open()
  const { path } = await larder.createLink(demand)
  return { larder, path, ...(await pressContinue(larder, path)) }
}

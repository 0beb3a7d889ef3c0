import { randomBytes } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { StoreError } from '../../../src/core/base/errors.ts'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { dumpDatabase } from '../../support/dump-database.ts'
import { openPublicListener, type PublicListener } from '../../support/public-listener.ts'
import { ask, type Question } from '../support/ask.ts'
import { sendRaw } from '../support/send-raw.ts'

const ID = /^larder=([\w-]{43}); Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax$/

test('link scanners can open the connect page any number of times, and nothing is written', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const before = await dumpDatabase(larder.dataDir)
  const scanners: Question[] = [
    { path },
    { path, method: 'HEAD' },
    { path, headers: { range: 'bytes=0-0', 'user-agent': 'Slackbot-LinkExpanding 1.0' } },
    { path, headers: { purpose: 'prefetch', 'sec-purpose': 'prefetch;prerender' } },
    { path: `${path}?utm_source=mail`, headers: { 'user-agent': 'Outlook-iOS/2.0' } },
  ]
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => scanners.map((one) => ask(larder.address, one))).flat(),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(answers[0]?.text).toContain('<h1>Connect your Acme account</h1>')
  expect(await dumpDatabase(larder.dataDir)).toBe(before)
})

test('the answer to HEAD is that of GET without the page', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const [get, head] = await Promise.all([
    ask(larder.address, { path }),
    ask(larder.address, { path, method: 'HEAD' }),
  ])
  expect(head.text).toBe('')
  expect(Object.keys(head.headers).toSorted()).toEqual(Object.keys(get.headers).toSorted())
})

test('a browser gets one random id as cookie and keeps it', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const first = cookieOf(await ask(larder.address, { path }))
  const second = cookieOf(await ask(larder.address, { path }))
  expect(first).toMatch(ID)
  expect(second).toMatch(ID)
  expect(second).not.toBe(first)
  const id = ID.exec(first)?.[1] ?? ''
  const kept = await ask(larder.address, { path, headers: { cookie: `a=b; larder=${id}; c=d` } })
  expect(cookieOf(kept)).toBe(first)
})

test.each(['short', 'x'.repeat(44), `${'x'.repeat(42)}!`, '', '"'.repeat(43)])(
  'the cookie value %j is not accepted as a browser id',
  async (value) => {
    const larder = await open()
    const { path } = await larder.createLink()
    const answer = await ask(larder.address, { path, headers: { cookie: `larder=${value}` } })
    expect(cookieOf(answer)).toMatch(ID)
    expect(cookieOf(answer)).not.toContain(`larder=${value};`)
  },
)

test('on https the browser cookie is bound to the host, and other cookies are ignored', async () => {
  const larder = await open({ publicUrl: 'https://connect.example.com' })
  const { path } = await larder.createLink()
  const foreign = randomBytes(32).toString('base64url')
  const answer = await ask(larder.address, { path, headers: { cookie: `larder=${foreign}` } })
  expect(cookieOf(answer)).toMatch(
    /^__Host-larder=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure$/,
  )
  expect(cookieOf(answer)).not.toContain(foreign)
})

test('every answer has strict security headers, and only the stylesheet may be cached', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const page = await ask(larder.address, { path })
  const css = /href="([^"]+\.css)"/.exec(page.text)?.[1] ?? ''
  const answers = await Promise.all([
    ask(larder.address, { path }),
    ask(larder.address, { path: '/connect/unknown' }),
    ask(larder.address, { path, method: 'POST' }),
    ask(larder.address, { path: '/callback/acme?state=x&code=y' }),
    ask(larder.address, { path: '/nothing' }),
    ask(larder.address, { path, method: 'DELETE' }),
    ask(larder.address, { path: '/robots.txt' }),
    ask(larder.address, { path: css }),
  ])
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'content-security-policy':
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
    })
    expect(headers['permissions-policy']).toContain('camera=()')
    for (const banner of ['server', 'x-powered-by', 'cross-origin-opener-policy', 'etag']) {
      expect(headers).not.toHaveProperty(banner)
    }
  }
  const caching = answers.map(({ headers }) => headers['cache-control'])
  expect(caching.pop()).toBe('public, max-age=31536000, immutable')
  expect(new Set(caching)).toEqual(new Set(['no-store']))
})

test('the stylesheet loads no other resource, and robots.txt excludes everything', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const page = await ask(larder.address, { path })
  const css = await ask(larder.address, { path: /href="([^"]+\.css)"/.exec(page.text)?.[1] ?? '' })
  expect(css.status).toBe(200)
  expect(css.headers['content-type']).toBe('text/css; charset=utf-8')
  expect(css.text).not.toMatch(/url\(|@import|@font-face|https?:/)
  const robots = await ask(larder.address, { path: '/robots.txt' })
  expect([robots.status, robots.text]).toEqual([200, 'User-agent: *\nDisallow: /\n'])
})

test.each([
  '/',
  '/connect',
  '/connect/',
  '/connect/a/b',
  '/CONNECT/x',
  '/callback',
  '/callback/unknown?state=x',
  '/assets/other.css',
  '/assets/../package.json',
  '/favicon.ico',
  '/v1/connections',
  '/livez',
  '/metrics',
  '/openapi.json',
  '//evil.example/',
  '/%E0%A4%A',
])('the public listener answers %s with 404', async (path) => {
  const larder = await open()
  const answer = await ask(larder.address, { path })
  expect(answer.status).toBe(404)
  expect(answer.headers['location']).toBeUndefined()
})

test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])(
  'the connect page rejects %s with 405',
  async (method) => {
    const larder = await open()
    const { path } = await larder.createLink()
    const answer = await ask(larder.address, { path, method })
    expect(answer.status).toBe(405)
    expect(answer.headers['allow']).toBe('GET, HEAD, POST')
  },
)

test('robots.txt rejects POST with 405', async () => {
  const larder = await open()
  for (const method of ['POST', 'OPTIONS', 'DELETE']) {
    const answer = await ask(larder.address, { path: '/robots.txt', method })
    expect([answer.status, answer.headers['allow']]).toEqual([405, 'GET, HEAD'])
  }
  expect((await ask(larder.address, { path: '/nothing', method: 'OPTIONS' })).status).toBe(404)
})

test('a request URL over 4 KiB is rejected with 414', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const pad = (length: number) => `${path}?${'x'.repeat(length - path.length - 1)}`
  expect((await ask(larder.address, { path: pad(4096) })).status).toBe(200)
  expect((await ask(larder.address, { path: pad(4097) })).status).toBe(414)
})

test.each(['?x', '*', 'http://evil.example', 'http://evil.example/callback/acme?state=x'])(
  'the request target %s causes no redirect',
  async (target) => {
    const larder = await open()
    const answer = await sendRaw(larder.address, `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(answer).not.toMatch(/^location:/im)
  },
)

test('the public URL comes from the settings, not from headers of the request', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const plain = await ask(larder.address, { path, headers: { cookie: COOKIE } })
  const lying = await ask(larder.address, {
    path,
    headers: {
      cookie: COOKIE,
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-prefix': '/evil',
      forwarded: 'host=evil.example',
    },
  })
  expect(lying.text).toBe(plain.text)
  expect(cookieOf(lying)).toBe(cookieOf(plain))
})

test('the public listener answers only below the path of its public URL', async () => {
  const larder = await open({ publicUrl: 'https://example.com/oauth/(larder)' })
  const { path } = await larder.createLink()
  expect(path).toMatch(/^\/oauth\/\(larder\)\/connect\//)
  const page = await ask(larder.address, { path })
  expect(page.status).toBe(200)
  expect(page.text).toContain(`action="${path}"`)
  const css = /href="([^"]+\.css)"/.exec(page.text)?.[1] ?? ''
  expect(css).toMatch(/^\/oauth\/\(larder\)\/assets\//)
  expect((await ask(larder.address, { path: css })).status).toBe(200)
  expect((await ask(larder.address, { path: '/robots.txt' })).status).toBe(200)
  expect((await ask(larder.address, { path: '/oauth/(larder)/robots.txt' })).status).toBe(200)
  const bare = path.replace('/oauth/(larder)', '')
  expect((await ask(larder.address, { path: bare })).status).toBe(404)
  expect((await ask(larder.address, { path: `/oauth/(larder)x${bare}` })).status).toBe(404)
})

test('the page of an unusable link says why the link cannot be used', async () => {
  let now = Date.now()
  const larder = await open({ now: () => now })
  const { path, link } = await larder.createLink()
  const late = await larder.createLink()
  await larder.withdraw(link)
  const withdrawn = await ask(larder.address, { path })
  expect([withdrawn.status, withdrawn.text]).toEqual([410, expect.stringContaining('withdrawn')])
  now += 900_000
  const expired = await ask(larder.address, { path: late.path })
  expect([expired.status, expired.text]).toEqual([410, expect.stringContaining('has expired')])
  const unknown = await ask(larder.address, { path: '/connect/unknown' })
  expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('does not work')])
  for (const answer of [withdrawn, expired, unknown]) {
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(answer.text).not.toContain('<form')
  }
})

test('a link whose provider is missing is answered with 502, and logged with the reference on the page', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  ;(larder.ports.providers as Map<ProviderId, unknown>).clear()
  const answer = await ask(larder.address, { path })
  expect(answer.status).toBe(502)
  const reference = /Reference: <code>(\w+)<\/code>/.exec(answer.text)?.[1] ?? 'none'
  expect(larder.log()).toContain(reference)
  expect(larder.log()).not.toContain(path.split('/').at(-1))
})

test.each([
  [500, new TypeError('leaks: s3cret')],
  [503, new StoreError('disk_full', new Error('leaks: s3cret'))],
])('an internal error is answered with %d and only a reference', async (status, fault) => {
  let broken = false
  const now = () => {
    if (broken) throw fault
    return Date.now()
  }
  const larder = await open({ now })
  const { path } = await larder.createLink()
  broken = true
  const answer = await ask(larder.address, { path })
  broken = false
  expect(answer.status).toBe(status)
  expect(answer.headers['retry-after']).toBe(status === 503 ? '5' : undefined)
  const reference = /Reference: <code>(\w+)<\/code>/.exec(answer.text)?.[1] ?? 'none'
  expect(larder.log()).toContain(reference)
  for (const told of [answer.text, larder.log()]) expect(told).not.toContain('s3cret')
  expect(answer.text).not.toMatch(/database|Error|at \w+ \(/)
})

test('the connect page escapes all values of the app and the settings', async () => {
  const larder = await open()
  const nasty = `"><img src=x onerror="alert(1)">`
  const { path } = await larder.createLink({
    providers: ['odd' as ProviderId],
    displayName: nasty,
    label: nasty,
    expectedAccount: `${nasty}@x`,
    scope: [nasty],
  })
  const { text } = await ask(larder.address, { path })
  expect(text).not.toMatch(/<img|<b>Sons/)
  expect(text.match(/&#60;img/g)?.length).toBeGreaterThanOrEqual(4)
})

const COOKIE = `larder=${'a'.repeat(43)}`

async function open(
  settings: Parameters<typeof openPublicListener>[0] = {},
): Promise<PublicListener> {
  const larder = await openPublicListener(settings)
  onTestFinished(() => larder[Symbol.asyncDispose]())
  return larder
}

function cookieOf(answer: Awaited<ReturnType<typeof ask>>): string {
  return (answer.headers['set-cookie'] as string[] | undefined)?.[0] ?? ''
}

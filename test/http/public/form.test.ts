import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { dumpDatabase } from '../../support/dump-database.ts'
import { openPublicListener, type PublicListener } from '../../support/public-listener.ts'
import { ask } from '../support/ask.ts'
import { FORM, post, pressContinue, stateOf, visit } from '../support/form-visitor.ts'
import { ON_POSTGRES } from '../../support/on-postgres.ts'

test('the form on the connect page starts a flow and redirects to the provider', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const { cookie, fields } = await visit(larder, path)
  const answer = await post(larder, path, fields, { cookie })
  expect(answer.status).toBe(303)
  const url = new URL(String(answer.headers['location']))
  expect(url.origin + url.pathname).toBe('https://acme.example/authorize')
  expect(url.searchParams.get('redirect_uri')).toBe('http://localhost:7421/callback/acme')
  expect(url.searchParams.get('code_challenge_method')).toBe('S256')
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.headers['set-cookie']).toEqual([expect.stringContaining(`${cookie}; Path=/`)])
})

test('forged host headers do not change the redirect URI', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const { cookie, fields } = await visit(larder, path)
  const answer = await post(larder, path, fields, {
    cookie,
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example;proto=https',
  })
  expect(answer.status).toBe(303)
  const url = new URL(String(answer.headers['location']))
  expect(url.searchParams.get('redirect_uri')).toBe('http://localhost:7421/callback/acme')
  expect(url.href).not.toContain('evil')
})

test('a form can be sent again until the link expires, and each submission starts a new flow', async () => {
  const larder = await open()
  const { path } = await larder.createLink()
  const { cookie, fields } = await visit(larder, path)
  const answers = await Promise.all([1, 2, 3].map(() => post(larder, path, fields, { cookie })))
  expect(answers.map(({ status }) => status)).toEqual([303, 303, 303])
  const states = answers.map(({ headers }) => stateOf(headers['location']))
  expect(new Set(states).size).toBe(3)
})

test('two tabs of one browser can use two links', async () => {
  const larder = await open()
  const [one, two] = [await larder.createLink(), await larder.createLink()]
  const first = await visit(larder, one.path)
  const second = await visit(larder, two.path, first.cookie)
  expect(second.cookie).toBe(first.cookie)
  expect((await post(larder, one.path, first.fields, { cookie: first.cookie })).status).toBe(303)
  expect((await post(larder, two.path, second.fields, { cookie: second.cookie })).status).toBe(303)
})

test.skipIf(ON_POSTGRES)(
  '200 submissions of one link keep its newest ten flows and the flows of other links',
  async () => {
    const larder = await open()
    const [link, other] = [await larder.createLink(), await larder.createLink()]
    const elsewhere = await pressContinue(larder, other.path)
    const pressed = []
    for (let n = 0; n < 200; n++) pressed.push(await pressContinue(larder, link.path))
    expect(flowsOf(larder)).toBe(11)
    const answered = async ({ cookie, state }: Awaited<ReturnType<typeof pressContinue>>) => {
      const path = `/callback/acme?error=access_denied&state=${state}`
      return (await ask(larder.address, { path, headers: { cookie } })).status
    }
    const [oldest, newest] = [pressed.at(0), pressed.at(-1)]
    if (oldest === undefined || newest === undefined) throw new Error('nothing was pressed')
    expect(await answered(oldest)).toBe(400)
    expect(await answered(newest)).toBe(303)
    expect(await answered(elsewhere)).toBe(303)
    // The two flows that ended were replaced by others.
    expect(flowsOf(larder)).toBe(11)
  },
)

function flowsOf({ dataDir }: PublicListener): number {
  const database = new Database(join(dataDir, 'larder.db'), { readonly: true })
  try {
    return Number(database.prepare('select count(*) from flows').pluck().get())
  } finally {
    database.close()
  }
}

test('a form opened before a restart works after it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'larder-restart-'))
  onTestFinished(() => rm(dataDir, { recursive: true }))
  const before = await openPublicListener({ dataDir })
  const { path } = await before.createLink()
  const { cookie, fields } = await visit(before, path)
  await before[Symbol.asyncDispose]()
  const after = await open({ dataDir })
  expect((await post(after, path, fields, { cookie })).status).toBe(303)
})

test.each<[string, (sound: Sent, other: Sent) => Partial<Sent>]>([
  ['no cookie', () => ({ cookie: '' })],
  ['the cookie of another browser', (_, other) => ({ cookie: other.cookie })],
  ['no token', () => ({ token: '' })],
  ['the token of another browser', (_, other) => ({ token: other.token })],
  ['a truncated token', ({ token }) => ({ token: token.slice(0, -1) })],
  ['a token with extra characters', ({ token }) => ({ token: `${token}A` })],
  ['a cross-site origin and valid fields', () => ({ site: 'cross-site' })],
])('a form with %s starts no flow', async (_, spoil) => {
  const larder = await open()
  const { path } = await larder.createLink()
  const sound = await soundForm(larder, path)
  const other = await soundForm(larder, path)
  const before = await dumpDatabase(larder.dataDir)
  const { cookie, token, site } = { ...sound, ...spoil(sound, other) }
  const headers = { cookie, ...(site !== '' && { 'sec-fetch-site': site }) }
  const answer = await post(larder, path, { token, provider: 'acme' }, headers)
  expect(answer.status).toBe(403)
  expect(answer.text).toContain(`<a class="button" href="${path}">Try again</a>`)
  expect(await dumpDatabase(larder.dataDir)).toBe(before)
})

test('the form token of one link is rejected for another link', async () => {
  const larder = await open()
  const [one, two] = [await larder.createLink(), await larder.createLink()]
  const { cookie, fields } = await visit(larder, one.path)
  expect((await post(larder, two.path, fields, { cookie })).status).toBe(403)
})

test.each(['same-origin', 'same-site', 'none'])(
  'a form with Sec-Fetch-Site %s is accepted',
  async (site) => {
    const larder = await open()
    const { path } = await larder.createLink()
    const { cookie, fields } = await visit(larder, path)
    const answer = await post(larder, path, fields, {
      cookie,
      'sec-fetch-site': site,
      origin: 'null',
    })
    expect(answer.status).toBe(303)
  },
)

test('the form of a link with several providers must name one of them', async () => {
  const larder = await open()
  const { path } = await larder.createLink({ providers: ['acme', 'odd'] as ProviderId[] })
  const { cookie, fields } = await visit(larder, path)
  for (const provider of ['', 'google']) {
    const answer = await post(larder, path, { ...fields, provider }, { cookie })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('role="alert"')
    expect(answer.text).toContain(`value="${fields['token']}"`)
  }
  const answer = await post(larder, path, { ...fields, provider: 'odd' }, { cookie })
  expect(answer.headers['location']).toMatch(/^https:\/\/odd\.example\/authorize\?/)
})

test('a form is answered with 410 if the link was withdrawn after the page was opened', async () => {
  const larder = await open()
  const { path, link } = await larder.createLink()
  const { cookie, fields } = await visit(larder, path)
  await larder.withdraw(link)
  expect((await post(larder, path, fields, { cookie })).status).toBe(410)
})

test('a form is answered with 503 if the provider is down, and the link stays usable', async () => {
  const larder = await open()
  const { path } = await larder.createLink({ providers: ['away' as ProviderId] })
  const { cookie, fields } = await visit(larder, path)
  const answer = await post(larder, path, fields, { cookie })
  expect(answer.status).toBe(503)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
  expect(answer.text).toContain(`href="${path}">Try again</a>`)
  const reference = /Reference: <code>(\w+)<\/code>/.exec(answer.text)?.[1] ?? 'none'
  expect(larder.log()).toContain(reference)
  expect((await ask(larder.address, { path })).status).toBe(200)
})

test.each([
  [415, 'application/json', '{}'],
  [415, 'multipart/form-data; boundary=x', '--x--'],
  [415, 'text/plain', 'token=x'],
  [403, `${FORM}; charset=utf-8`, 'token=x'],
  [403, FORM, 'x'.repeat(8192)],
  [413, FORM, 'x'.repeat(8193)],
])('a form is answered with %d if its body is %s', async (status, type, body) => {
  const larder = await open()
  const { path } = await larder.createLink()
  const headers = { 'content-type': type }
  const url = `${larder.address}${path}`
  const whole = await fetch(url, { method: 'POST', body, headers })
  expect(whole.status).toBe(status)
  // In chunks, without a stated length.
  const stream = new Blob([body]).stream()
  const parts = await fetch(url, { method: 'POST', body: stream, headers, duplex: 'half' })
  expect(parts.status).toBe(status)
})

type Sent = { readonly cookie: string; readonly token: string; readonly site: string }

async function open(settings: Parameters<typeof openPublicListener>[0] = {}) {
  const larder = await openPublicListener(settings)
  onTestFinished(() => larder[Symbol.asyncDispose]())
  return larder
}

async function soundForm(larder: PublicListener, path: string): Promise<Sent> {
  const { cookie, fields } = await visit(larder, path)
  return { cookie, token: fields['token'] ?? '', site: '' }
}

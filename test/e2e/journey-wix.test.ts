import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADA } from '../contract/answers.ts'
import { APP_PASSWORD } from '../contract/dialects/without-consent.ts'
import { walkLink } from '../support/walk-link.ts'
import { HOME, type Journey, openJourney } from './journey-stage.ts'

// Wix bookings, `connectByOAuth`: the app sends the user to a URL, and the user returns with a result.

test('Wix: the user returns with a connectionId, and the app reads a token with it', async () => {
  await using stage = await openJourney('google')
  const { api, vendor } = stage
  const link = await api.createLink(demand())
  const { searchParams, origin, pathname } = await walkLink(link.url)
  expect(origin + pathname).toBe(HOME)
  expect(searchParams.get('state')).toBe('schedule-7')
  expect(searchParams.get('linkId')).toBe(link.id)
  const connectionId = searchParams.get('connectionId')
  expect(connectionId).toMatch(/^con_/)
  const token = await api.get(`/v1/connections/${connectionId}/token`)
  expect(token).toMatchObject({
    status: 200,
    body: { accessToken: vendor.books.latest.accessToken, account: { email: 'ada@example.com' } },
  })
  const shown = await api.get(`/v1/connect-links/${link.id}`)
  expect(shown.body).toMatchObject({ status: 'completed', connectionId })
  expect(vendor.complaints).toEqual([])
})

describe('Wix: a failed connect', () => {
  let stage: Journey
  beforeAll(async () => {
    stage = await openJourney('google')
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  test.each([
    ['reject', 'access_denied', () => deny(stage, 'access_denied')],
    ['unsupported', 'unsupported_account', () => deny(stage, 'admin_policy_enforced')],
    ['internal', 'provider_refused', () => deny(stage, 'a_word_of_its_own')],
    ['internal', 'provider_unavailable', () => deny(stage, 'server_error')],
    ['internal', 'provider_misconfigured', () => deny(stage, 'invalid_scope')],
    ['internal', 'provider_misconfigured', () => fail(stage, 401, 'invalid_client')],
    ['internal', 'invalid_request', () => fail(stage, 400, 'invalid_grant')],
    ['internal', 'provider_unavailable', () => fail(stage, 503, 'unavailable')],
  ])(
    'the user returns with error=%s and errorCode=%s, and can use the same link again',
    async (error, code, happen) => {
      const { api, vendor } = stage
      const link = await api.createLink(demand())
      happen()
      const refused = (await walkLink(link.url)).searchParams
      expect(Object.fromEntries(refused)).toEqual({
        error,
        errorCode: code,
        linkId: link.id,
        state: 'schedule-7',
      })
      expect((await api.get(`/v1/connect-links/${link.id}`)).body).toMatchObject({
        status: 'pending',
        lastError: code,
      })
      vendor.denial = null
      vendor.fault = null
      expect((await walkLink(link.url)).searchParams.get('connectionId')).toMatch(/^con_/)
    },
  )

  test('GET /v1/providers lists each provider, how it connects, and its redirect URI', async () => {
    const { body } = await stage.api.get('/v1/providers')
    const redirectUri = `${stage.at.publicUrl}/callback/google`
    expect(body).toMatchObject({
      items: [{ id: 'google', name: 'Google', connectsBy: 'link', redirectUri }],
    })
  })
})

describe('Wix: connectByCredentials', () => {
  test('a user enters an e-mail address and an app password, and a token read returns them as a header', async () => {
    await using stage = await openJourney('icloud-caldav')
    const { api, vendor } = stage
    expect((await api.get('/v1/providers')).body).toMatchObject({
      items: [{ id: 'icloud-caldav', connectsBy: 'credentials' }],
    })
    const link = await api.createLink({ ...demand(), provider: 'icloud-caldav', scope: null })
    const page = await openPage(link.url)
    expect(page.text).toContain('App-specific password')
    const refused = await page.send({ username: ADA.email, secret: 'my-own-password' })
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('did not accept this')

    const taken = await page.send({ username: ADA.email, secret: APP_PASSWORD })
    const home = new URL(taken.headers.get('location') ?? '')
    expect(home.searchParams.get('state')).toBe('schedule-7')
    const token = await api.get(`/v1/connections/${home.searchParams.get('connectionId')}/token`)
    expect(token.body).toMatchObject({
      tokenType: 'Basic',
      accessToken: null,
      credentials: { username: ADA.email, password: APP_PASSWORD },
      header: { name: 'Authorization', value: vendor.dialect.probes?.[0]?.authorization },
    })
    expect(vendor.complaints).toEqual([])
  })
})

/** Opens the connect page. Returns its text and a function that submits its form. */
async function openPage(link: string) {
  const page = await fetch(link)
  const cookie = (page.headers.getSetCookie()[0] ?? '').split(';')[0] ?? ''
  const text = await page.text()
  const hidden = [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  )
  return {
    text,
    send: (entered: Readonly<Record<string, string>>) =>
      fetch(link, {
        method: 'POST',
        body: new URLSearchParams([...hidden, ...Object.entries(entered)]),
        headers: { cookie },
        redirect: 'manual',
      }),
  }
}

const demand = () => ({
  userId: 'staff-7',
  provider: 'google',
  redirectUrl: HOME,
  state: 'schedule-7',
  scope: ['https://www.googleapis.com/auth/calendar.readonly'],
})

function deny({ vendor }: Journey, error: string): void {
  vendor.denial = error
}

function fail({ vendor }: Journey, status: number, error: string): void {
  vendor.fault = { at: 'exchange', answer: { status, body: { error } } }
}

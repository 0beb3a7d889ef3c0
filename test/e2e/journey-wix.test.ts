import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { walkLink } from '../support/walk-link.ts'
import { HOME, type Journey, openJourney } from './journey-stage.ts'

// Wix bookings, `connectByOAuth`: the app sends the user to a URL and gets them back with an answer.

test('Wix: the user is sent back with connectionId, and the app reads a token by it', async () => {
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

describe('Wix: the three words', () => {
  let stage: Journey
  beforeAll(async () => {
    stage = await openJourney('google')
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  test.each([
    ['reject', 'access_denied', () => deny(stage, 'access_denied')],
    ['unsupported', 'unsupported_account', () => deny(stage, 'admin_policy_enforced')],
    ['internal', 'internal', () => deny(stage, 'server_error')],
    ['internal', 'provider_misconfigured', () => fail(stage, 401, 'invalid_client')],
    ['internal', 'invalid_request', () => fail(stage, 400, 'invalid_grant')],
    ['internal', 'provider_unavailable', () => fail(stage, 503, 'unavailable')],
  ])('error=%s with errorCode=%s, and the link stays good', async (error, code, happen) => {
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
  })

  test('come beside a list of what can be connected, how, and what to register there', async () => {
    const { body } = await stage.api.get('/v1/providers')
    const redirectUri = `${stage.at.publicUrl}/callback/google`
    expect(body).toMatchObject({
      items: [{ id: 'google', name: 'Google', connectsBy: 'link', redirectUri }],
    })
  })
})

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

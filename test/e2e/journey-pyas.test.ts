import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { consentWithoutBrowser } from '../support/consent.ts'
import { HOME, type Journey, openJourney } from './journey-stage.ts'

// Pyas: an authorization in two steps, with the app's own callback.

const CALLBACK = `${HOME}/pyas/callback`

describe.each(['google', 'microsoft', 'zoom'])('Pyas: %s', (provider) => {
  const { stage } = useStage(provider)

  test('an authorization returns a URL, and its completion returns an active connection with the account', async () => {
    const { api, vendor } = stage()
    const { url, state } = await begin(stage(), { state: 'of the app' })
    const back = new URL(await consentWithoutBrowser(url))
    expect(back.origin + back.pathname).toBe(CALLBACK)
    expect(back.searchParams.get('state')).toBe(state)
    expect(state).not.toBe('of the app')

    const completed = await api.post('/v1/authorizations/complete', {
      userId: '42',
      ...fieldsOf(back),
      name: 'The calendar of Ada',
    })
    expect(completed).toMatchObject({
      status: 200,
      body: {
        provider,
        email: 'ada@example.com',
        account: { id: '1085', name: 'Ada Lovelace' },
        status: 'active',
        appState: 'of the app',
      },
    })
    const { id, scope } = completed.body as { id: string; scope: string[] }
    expect(scope).toEqual(expect.arrayContaining([...(vendor.dialect.scopes?.ask ?? [])]))
    expect((await api.get(`/v1/connections/${id}/token`)).status).toBe(200)
    expect(vendor.complaints).toEqual([])
  })

  test('a completion with a forged code returns 400 with reason invalid_grant', async () => {
    const { url } = await begin(stage())
    const back = fieldsOf(new URL(await consentWithoutBrowser(url)))
    const forged = { userId: '42', ...back, code: 'forged' }
    expect(await stage().api.post('/v1/authorizations/complete', forged)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', reason: 'invalid_grant', nextAction: 'reauthorize' },
    })
  })

  test('a completion for another user returns 409 and redeems no code', async () => {
    const { api, vendor } = stage()
    const { url } = await begin(stage())
    const back = fieldsOf(new URL(await consentWithoutBrowser(url)))
    const before = vendor.requests.length
    const stolen = await api.post('/v1/authorizations/complete', { userId: 'mallory', ...back })
    expect(stolen).toMatchObject({ status: 409, body: { code: 'confirmation_refused' } })
    expect(vendor.requests.length).toBe(before)
  })

  test.each([
    ['email', { email: 'nobody' }],
    ['callbackUrl', { callbackUrl: 'https://elsewhere.example/' }],
    ['userId', { userId: '' }],
  ])('an authorization with an invalid %s returns 400 and names the field', async (name, wrong) => {
    const demand = { userId: '42', provider, callbackUrl: CALLBACK, ...wrong }
    expect(await stage().api.post('/v1/authorizations', demand)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ in: 'body', name }] },
    })
  })
})

/** One installation for all tests of a provider, because their flows are independent. */
function useStage(provider: string) {
  let open: Journey
  beforeAll(async () => {
    open = await openJourney(provider)
    open.vendor.redirectUri = CALLBACK
  })
  afterAll(() => open[Symbol.asyncDispose]())
  return { stage: () => open }
}

async function begin(
  { api, vendor, provider }: Journey,
  more: Readonly<Record<string, string>> = {},
) {
  const answer = await api.post('/v1/authorizations', {
    userId: '42',
    provider,
    callbackUrl: CALLBACK,
    email: 'ada@example.com',
    scope: vendor.dialect.scopes?.ask,
    ...more,
  })
  expect(answer).toMatchObject({ status: 201, body: { expiresAt: expect.any(String) } })
  return answer.body as { url: string; state: string }
}

/** The parameters that the app's callback passes on. */
function fieldsOf({ searchParams }: URL) {
  const iss = searchParams.get('iss')
  return {
    state: searchParams.get('state'),
    code: searchParams.get('code'),
    ...(iss === null ? {} : { iss }),
  }
}

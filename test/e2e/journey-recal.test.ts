import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HOME, type Journey, openJourney } from './journey-stage.ts'

// Recal: the app imports a user's tokens with `POST /v1/users/{userId}/oauth/{provider}`.

const HOUR = 3_600_000

describe.each(['google', 'microsoft'])('Recal: %s', (provider) => {
  test('tokens are imported, listed, read, refreshed and deleted', async () => {
    await using stage = await openJourney(provider)
    const { api, vendor } = stage
    const resource = `/v1/users/user%2F7/oauth/${provider}`
    const scope = vendor.dialect.scopes?.sent ?? []
    const given = vendor.books.give(scope)
    const expiresAt = new Date(Date.now() + HOUR).toISOString()

    expect(await api.get(resource)).toMatchObject({ status: 404, body: { code: 'not_found' } })
    const handedIn = await api.post(resource, {
      accessToken: given.accessToken,
      refreshToken: given.refreshToken,
      scope,
      expiresAt,
      email: 'ada@example.com',
    })
    const answer = {
      provider,
      accessToken: given.accessToken,
      refreshToken: null,
      email: 'ada@example.com',
      expiresAt,
      scope,
      alive: true,
    }
    expect(handedIn).toMatchObject({ status: 201, body: answer })
    expect(await api.get(resource)).toMatchObject({ status: 200, body: answer })
    const list = await api.get('/v1/users/user%2F7/oauth')
    expect(list.body).toMatchObject({ items: [{ ...answer, accessToken: null }] })

    const { id } = handedIn.body as { id: string }
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
    const { accessToken } = vendor.books.latest
    expect(accessToken).not.toBe(given.accessToken)
    const token = await api.get(`${resource}/token`)
    const header = { name: 'Authorization', value: `Bearer ${accessToken}` }
    expect(token).toMatchObject({ status: 200, body: { accessToken, header, connectionId: id } })

    expect((await api.ask('DELETE', resource)).status).toBe(200)
    expect((await api.get(resource)).status).toBe(404)
    expect(vendor.complaints).toEqual([])
  })

  test('expired tokens are refreshed during the import and never served', async () => {
    await using stage = await openJourney(provider)
    const { api, vendor } = stage
    const given = vendor.books.give(['calendar'])
    const resource = `/v1/users/42/oauth/${provider}`
    const handedIn = await api.post(resource, {
      accessToken: given.accessToken,
      refreshToken: given.refreshToken,
      scope: ['calendar'],
      expiresAt: Math.floor((Date.now() - HOUR) / 1000),
    })
    expect(handedIn).toMatchObject({ status: 201, body: { alive: true, email: 'ada@example.com' } })
    const token = await api.get(`${resource}/token`)
    expect(token.body).toMatchObject({ accessToken: vendor.books.latest.accessToken })
    expect(vendor.complaints).toEqual([])
  })
})

describe('Recal: the import', () => {
  let stage: Journey
  beforeAll(async () => {
    stage = await openJourney('google')
  })
  afterAll(() => stage[Symbol.asyncDispose]())
  const handIn = (body: unknown) => stage.api.post('/v1/users/42/oauth/google', body)

  test.each([
    ['without an access token', { scope: [] }, 'accessToken'],
    ['without a scope', { accessToken: 'at' }, 'scope'],
    [
      'with an address of 257 letters',
      { accessToken: 'at', scope: [], email: 'a'.repeat(257) },
      'email',
    ],
    ['with a malformed date', { accessToken: 'at', scope: [], expiresAt: 'soon' }, 'expiresAt'],
  ])('an import %s returns 400 and names the field', async (_, body, name) => {
    expect(await handIn(body)).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ in: 'body', name }] },
    })
  })

  test.each([
    ['an ISO date', (ms: number) => new Date(ms).toISOString()],
    ['seconds', (ms: number) => ms / 1000],
    ['milliseconds', (ms: number) => ms],
    ['text of seconds', (ms: number) => String(ms / 1000)],
  ])('an import accepts the expiry as %s', async (_, write) => {
    const end = Math.ceil(Date.now() / 1000) * 1000 + HOUR
    const { accessToken } = stage.vendor.books.give([])
    const answer = await handIn({ accessToken, scope: [], expiresAt: write(end) })
    expect(answer.body).toMatchObject({ expiresAt: new Date(end).toISOString(), alive: true })
  })

  test('the app can create a link for the same user and provider', async () => {
    const path = '/v1/users/42/oauth/google/link'
    expect(await stage.api.post(path, { redirectUrl: HOME })).toMatchObject({
      status: 201,
      body: { id: expect.stringMatching(/^lnk_/), url: expect.stringContaining('/connect/') },
    })
  })
})

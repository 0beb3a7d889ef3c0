import { expect, test } from 'vitest'
import { walkLink } from '../support/walk-link.ts'
import { HOME, type Journey, openJourney } from './journey-stage.ts'

// Cal.com, today and legacy: two unusual providers that need only preset data, no code.

const LIFE_S = 1800

test('Cal.com legacy: connect, refresh and delete send exactly the documented requests', async () => {
  await using stage = await openJourney('calcom-legacy')
  const { api, vendor } = stage
  const id = await connect(stage)
  const [authorize, token, me] = vendor.requests
  expect(pathOf(authorize)).toBe('GET /auth/oauth2/authorize')
  expect(authorize?.query.get('scope')?.split(',').toSorted()).toEqual([
    'READ_BOOKING',
    'READ_PROFILE',
  ])
  expect(pathOf(token)).toBe('POST /api/auth/oauth/token')
  expect(names(token?.body).filter((name) => name !== 'code_verifier')).toEqual([
    'client_id',
    'client_secret',
    'code',
    'grant_type',
    'redirect_uri',
  ])
  expect(pathOf(me)).toBe('GET /api/auth/oauth/me')
  expect(me?.headers['authorization']).toMatch(/^Bearer at-/)

  // The answer had neither a lifetime nor a token type.
  const first = await api.get(`/v1/connections/${id}/token`)
  expect(first.body).toMatchObject({ tokenType: 'Bearer', account: { id: 'ada' } })
  expect(secondsLeft(first.body)).toBeGreaterThan(LIFE_S - 60)

  const { refreshToken } = vendor.books.latest
  expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  const refresh = vendor.requests.at(-1)
  expect(pathOf(refresh)).toBe('POST /api/auth/oauth/refreshToken')
  expect(refresh?.headers['authorization']).toBe(`Bearer ${refreshToken}`)
  expect(names(refresh?.body)).toEqual(['client_id', 'client_secret', 'grant_type'])

  // The refresh answer had no refresh token, so the first one stays in use.
  expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
  expect(vendor.requests.at(-1)?.headers['authorization']).toBe(`Bearer ${refreshToken}`)
  expect(await api.ask('DELETE', `/v1/connections/${id}`)).toMatchObject({
    body: { revocation: 'unsupported' },
  })
  expect(vendor.complaints).toEqual([])
})

test('Cal.com legacy: a refusal that may concern the client makes the connection failing, and a reconnect repairs it', async () => {
  await using stage = await openJourney('calcom-legacy')
  const { api, vendor } = stage
  const id = await connect(stage)
  vendor.fault = { at: 'refresh', answer: { status: 401, body: { message: 'Unauthorized' } } }
  expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({
    status: 503,
    body: { code: 'provider_unavailable' },
  })
  expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({ status: 'failing' })
  vendor.fault = null
  expect(await connect(stage, id)).toBe(id)
  expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({ status: 'active' })
})

test('Cal.com: every refresh rotates, and Larder uses the newest token', async () => {
  await using stage = await openJourney('calcom')
  const { api, vendor } = stage
  const id = await connect(stage)
  expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({
    account: { id: '1085', email: 'ada@example.com' },
    missingScope: [],
  })
  const seen = new Set([vendor.books.latest.refreshToken])
  for (const _ of [1, 2, 3]) {
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(200)
    seen.add(vendor.books.latest.refreshToken)
  }
  expect(seen.size).toBe(4)
  const { body } = await api.get(`/v1/connections/${id}/token`)
  expect(body).toMatchObject({ accessToken: vendor.books.latest.accessToken })
  expect(vendor.complaints).toEqual([])
})

test('Cal.com: an unapproved client is reported as misconfigured and leaves the connection active', async () => {
  await using stage = await openJourney('calcom')
  const { api, vendor } = stage
  const id = await connect(stage)
  const body = { error: 'unauthorized_client', error_description: 'client_not_approved' }
  vendor.fault = { at: 'refresh', answer: { status: 401, body } }
  expect(await api.post(`/v1/connections/${id}/refresh`)).toMatchObject({
    status: 502,
    body: { code: 'provider_misconfigured', nextAction: 'fix_configuration' },
  })
  expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({ status: 'active' })
  expect((await api.get(`/v1/connections/${id}/token`)).status).toBe(200)
})

async function connect({ api, vendor, provider }: Journey, connectionId?: string): Promise<string> {
  const link = await api.createLink({
    userId: '42',
    provider,
    redirectUrl: HOME,
    scope: vendor.dialect.scopes?.ask,
    ...(connectionId === undefined ? {} : { connectionId }),
  })
  const home = await walkLink(link.url)
  return home.searchParams.get('connectionId') ?? `not connected: ${home.search}`
}

type Asked = Journey['vendor']['requests'][number]

function pathOf(request: Asked | undefined): string {
  return `${request?.method} ${new URL(request?.address ?? 'http://nowhere').pathname}`
}

function names(params: URLSearchParams | undefined): readonly string[] {
  return [...(params?.keys() ?? [])].toSorted()
}

function secondsLeft(token: unknown): number {
  return (token as { expiresInSeconds: number }).expiresInSeconds
}

import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { walkLink } from '../support/walk-link.ts'
import { until } from '../support/until.ts'
import { openReceiver, verified } from '../webhooks/receiver.ts'
import { CLIENT, HOME, type Journey, openJourney } from './journey-stage.ts'

// Recall.ai, calendar v2: the app runs the flow with its own client and imports the refresh token.

const SECRET = `whsec_${randomBytes(32).toString('base64')}`

describe.each([
  ['google_calendar', 'google'],
  ['microsoft_outlook', 'microsoft'],
])('Recall.ai: %s', (platform, provider) => {
  test('a calendar is created, disconnected with a webhook event, and reconnected under the same id', async () => {
    await using receiver = await openReceiver()
    await using stage = await openRecall(provider, receiver.url)
    const { api, vendor } = stage
    const created = await create(stage, provider, platform)
    expect(created).toMatchObject({
      status: 201,
      body: { status: 'active', alive: true, email: 'ada@example.com', metadata: { platform } },
    })
    const { id } = created.body as { id: string }
    const token = await api.get(`/v1/connections/${id}/token`)
    expect(token.body).toMatchObject({ accessToken: vendor.books.latest.accessToken })

    vendor.books.revoke(vendor.books.latest.refreshToken)
    const dead = await api.post(`/v1/connections/${id}/refresh`)
    expect(dead).toMatchObject({
      status: 409,
      body: { code: 'reconnect_required', reason: 'revoked', nextAction: 'reauthorize' },
    })
    const failure = { reason: 'revoked', nextAction: 'reauthorize' }
    expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({
      id,
      status: 'disconnected',
      alive: false,
      failure,
    })

    await until('the webhook event of the disconnection', () =>
      receiver.deliveries.find(({ event }) => event.type === 'connection.disconnected'),
    )
    for (const delivery of receiver.deliveries) verified(delivery, SECRET)
    const { body } = await api.get('/v1/events')
    expect(body).toMatchObject({
      items: [
        { type: 'connection.created' },
        {
          type: 'connection.disconnected',
          data: { connection: { id }, previousStatus: 'active', ...failure },
        },
      ],
    })

    const { refreshToken } = vendor.books.give(['calendar'])
    const updated = await api.ask('PATCH', `/v1/connections/${id}`, { refreshToken })
    expect(updated).toMatchObject({ status: 200, body: { id, status: 'active', failure: null } })
    const fresh = await api.get(`/v1/connections/${id}/token`)
    expect(fresh.body).toMatchObject({ accessToken: vendor.books.latest.accessToken })
    await until('the webhook event of the reconnection', () =>
      receiver.deliveries.find(({ event }) => event.type === 'connection.reconnected'),
    )
  })

  test('a link reconnects a disconnected calendar under the same id', async () => {
    await using stage = await openRecall(provider)
    const { api, vendor } = stage
    const { id } = (await create(stage, provider, platform)).body as { id: string }
    vendor.books.revoke(vendor.books.latest.refreshToken)
    expect((await api.post(`/v1/connections/${id}/refresh`)).status).toBe(409)
    const link = await api.createLink({
      userId: 'calendar-7',
      provider,
      connectionId: id,
      redirectUrl: HOME,
      scope: vendor.dialect.scopes?.ask,
    })
    expect((await walkLink(link.url)).searchParams.get('connectionId')).toBe(id)
    expect((await api.get(`/v1/connections/${id}`)).body).toMatchObject({ status: 'active' })
  })

  test('an import of a revoked refresh token returns 400 and creates no connection', async () => {
    await using stage = await openRecall(provider)
    const { refreshToken } = stage.vendor.books.give(['calendar'])
    stage.vendor.books.revoke(refreshToken)
    const refused = await create(stage, provider, platform, refreshToken)
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', reason: 'invalid_grant' },
    })
    expect((await stage.api.get('/v1/connections')).body).toMatchObject({ items: [] })
  })
})

/** The settings have no client; each import brings its own. */
function openRecall(provider: string, receiver?: string): Promise<Journey> {
  return openJourney(provider, {
    settings: { clientId: undefined, clientSecret: undefined },
    file: receiver === undefined ? {} : { webhooks: [{ url: receiver, secret: SECRET }] },
  })
}

function create(
  { api, vendor }: Journey,
  provider: string,
  platform: string,
  refreshToken = vendor.books.give(['calendar']).refreshToken,
) {
  return api.post('/v1/connections', {
    userId: 'calendar-7',
    provider,
    refreshToken,
    client: CLIENT,
    metadata: { platform },
  })
}

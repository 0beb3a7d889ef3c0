import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import type { Provider } from '../../../src/core/connection/provider.ts'
import { acme, openVaultApi, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const OAUTH = {
  provider: 'acme',
  accessToken: 'at-1',
  refreshToken: 'rt-1',
  expiresInSeconds: 3600,
}

async function imported(more: Record<string, unknown> = {}): Promise<string> {
  const body = { userId: '42', ...OAUTH, ...more }
  return String((await api.ask({ method: 'POST', path: '/v1/connections', body })).json['id'])
}

const tokenPath = (id: string) => `/v1/connections/${id}/token`
const read = async (id: string) => api.ask({ path: tokenPath(id) })
const shown = async (id: string) => (await api.ask({ path: `/v1/connections/${id}` })).json

/** Reports the token that is served now. */
async function report(id: string) {
  const { json } = await read(id)
  return reportOf(id, String(json['tokenId']))
}

const reportOf = (id: string, tokenId: string) =>
  api.ask({ path: `${tokenPath(id)}?rejected=${encodeURIComponent(tokenId)}` })

describe('a rejected token', () => {
  test.each([{ expiresInSeconds: 3600 }, {}])(
    'a rejected token without a refresh token disconnects its connection and is not served again (%o)',
    async (life) => {
      const id = await imported({ refreshToken: null, expiresInSeconds: null, ...life })
      const { status, json } = await report(id)
      expect(status).toBe(409)
      expect(json).toMatchObject({ code: 'reconnect_required', reason: 'no_refresh_token' })
      expect(await shown(id)).toMatchObject({
        status: 'disconnected',
        alive: false,
        failure: { reason: 'no_refresh_token', detail: expect.stringContaining("provider's API") },
      })
      expect((await read(id)).status).toBe(409)
      expect((await api.ask({ path: '/v1/users/42/oauth/acme/token' })).status).toBe(409)
      expect((await api.ask({ path: '/v1/users/42/oauth/acme' })).json['accessToken']).toBe(null)
      const { json: events } = await api.ask({ path: '/v1/events' })
      const types = (events['items'] as readonly { type: string }[]).map(({ type }) => type)
      expect(types).toEqual(['connection.created', 'connection.disconnected'])
      // New tokens revive the connection.
      const path = `/v1/connections/${id}`
      await api.ask({ method: 'PATCH', path, body: { accessToken: 'at-2' } })
      expect((await read(id)).json).toMatchObject({ accessToken: 'at-2', status: 'active' })
    },
  )

  test('a rejected token of a dead grant is not served again, even before it expires', async () => {
    api.endpoint.refresh = async () => ({ kind: 'grant_dead', detail: 'invalid_grant' })
    const id = await imported()
    await api.ask({ method: 'POST', path: `/v1/connections/${id}/refresh` })
    expect((await read(id)).status).toBe(200)
    expect((await report(id)).json).toMatchObject({ status: 409, reason: 'revoked' })
    expect((await read(id)).json).toMatchObject({ status: 409, reason: 'revoked' })
  })

  test.each([
    ['unavailable', { kind: 'not_sent', detail: 'refused' }],
    ['not answering', { kind: 'answer_lost', detail: 'cut', began: true }],
    ['throttling', { kind: 'throttled', detail: '429', retryAfterMs: 30_000 }],
  ] as const)('a rejected token is not served while the provider is %s', async (_, outcome) => {
    const refresh = api.endpoint.refresh
    api.endpoint.refresh = async () => outcome
    const id = await imported()
    expect((await report(id)).status).toBe(503)
    expect(await shown(id)).toMatchObject({ status: 'failing', alive: false })
    for (const ask of [() => read(id), () => api.ask({ path: '/v1/users/42/oauth/acme/token' })]) {
      const { status, headers } = await ask()
      expect(status).toBe(503)
      expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    }
    api.endpoint.refresh = refresh
    api.now += 60_000
    const healed = await read(id)
    expect(healed.json).toMatchObject({ accessToken: 'access-of-the-provider-1', status: 'active' })
  })

  test('a rejected token makes the connection failing if the circuit is open', async () => {
    const id = await imported()
    const client = api.ports.endpoint.clientKey(acme.id, null)
    const open = { reason: 'unavailable', since: api.now, until: api.now + 60_000 } as const
    api.ports.traffic.turn({ provider: acme.id, client, failures: 5, open })
    expect((await report(id)).status).toBe(503)
    expect(await shown(id)).toMatchObject({
      status: 'failing',
      failure: { reason: 'provider_unavailable' },
    })
    expect((await read(id)).status).toBe(503)
  })

  test('a rejected token that the provider issues again is not served, and is refreshed once a minute', async () => {
    let asked = 0
    const refresh = api.endpoint.refresh
    const id = await imported()
    api.endpoint.refresh = async (request) => {
      asked++
      const outcome = await refresh(request)
      const { accessToken } = OAUTH
      const { Secret } = await import('../../../src/core/base/secret.ts')
      if (outcome.kind !== 'ok') return outcome
      return { ...outcome, tokens: { ...outcome.tokens, accessToken: new Secret(accessToken) } }
    }
    expect((await report(id)).status).toBe(503)
    for (let again = 0; again < 5; again++) expect((await read(id)).status).toBe(503)
    expect(asked).toBe(1)
    api.endpoint.refresh = refresh
    api.now += 60_000
    expect((await read(id)).json).toMatchObject({ accessToken: 'access-of-the-provider-2' })
  })
})

describe('a report of a rejected token', () => {
  test('a report that a freshly refreshed token was rejected causes a refresh at once', async () => {
    const id = await imported()
    await api.ask({ method: 'POST', path: `/v1/connections/${id}/refresh` })
    api.now += 1_000
    const { status, json } = await report(id)
    expect(status).toBe(200)
    expect(json['accessToken']).toBe('access-of-the-provider-2')
  })

  test('a report that the replacement of a rejected token was rejected too stops serving it and refreshes after a minute', async () => {
    const id = await imported()
    expect((await report(id)).status).toBe(200)
    api.now += 10_000
    const again = await report(id)
    expect(again.status).toBe(503)
    expect(Number(again.headers['retry-after'])).toBe(50)
    expect((await read(id)).status).toBe(503)
    api.now += 50_000
    expect((await read(id)).json).toMatchObject({ accessToken: 'access-of-the-provider-2' })
  })

  test('a report that an older token was rejected changes nothing', async () => {
    const id = await imported()
    const { json } = await read(id)
    expect((await reportOf(id, 't_unknown')).json).toMatchObject({ accessToken: 'at-1' })
    await report(id)
    const late = await reportOf(id, String(json['tokenId']))
    expect(late.json).toMatchObject({ accessToken: 'access-of-the-provider-1', status: 'active' })
  })
})

describe('rejected credentials', () => {
  const form = {
    kind: 'basic',
    labels: { username: 'User', secret: 'Password' },
    help: null,
    helpUrl: null,
    basicPassword: null,
    identifiedBy: 'username',
  } as const

  function login(isProbed: boolean): Promise<string> {
    const id = 'login' as ProviderId
    const credentials = { ...form, isProbed }
    const provider: Provider = { ...acme, id, connectsBy: 'credentials', credentials }
    const providers = api.ports.providers as Map<ProviderId, Provider>
    providers.set(id, provider)
    return imported({
      provider: 'login',
      accessToken: null,
      refreshToken: null,
      expiresInSeconds: null,
      credentials: { username: 'ann', password: 'secret-of-ann' },
    })
  }

  test('rejected credentials disconnect their connection if Larder cannot check them at the provider', async () => {
    const id = await login(false)
    expect((await report(id)).json).toMatchObject({ code: 'reconnect_required', reason: 'revoked' })
    expect(await shown(id)).toMatchObject({ status: 'disconnected', alive: false })
    expect((await read(id)).status).toBe(409)
  })

  test('rejected credentials are not served while the provider is unavailable', async () => {
    const id = await login(true)
    const check = api.endpoint.checkCredentials
    api.endpoint.checkCredentials = async () => ({ kind: 'not_sent', detail: 'refused' }) as never
    expect((await report(id)).status).toBe(503)
    expect((await read(id)).status).toBe(503)
    expect(await shown(id)).toMatchObject({ status: 'failing', alive: false })
    api.endpoint.checkCredentials = check
    api.now += 60_000
    expect((await read(id)).json).toMatchObject({ status: 'active' })
  })

  test('rejected credentials are checked at once, and again after a minute', async () => {
    const id = await login(true)
    let asked = 0
    const check = api.endpoint.checkCredentials
    api.endpoint.checkCredentials = async (request) => {
      asked++
      return check(request)
    }
    for (let round = 1; round <= 2; round++) {
      // The caller has just tried these credentials, so they are not returned.
      expect((await report(id)).status).toBe(503)
      expect(asked).toBe(round)
      expect((await read(id)).json).toMatchObject({ status: 'active', warnings: [] })
      api.now += 60_000
    }
  })

  test('credentials reported twice within a minute are served again after their next check', async () => {
    const id = await login(true)
    await report(id)
    await report(id)
    expect((await read(id)).status).toBe(503)
    api.now += 60_000
    expect((await read(id)).status).toBe(200)
  })
})

import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { pressContinue } from '../../support/press-continue.ts'
import type { ProviderId } from '../../../src/core/base/ids.ts'
import { openVaultApi, START, type VaultApi } from '../support/vault-api.ts'

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

const make = (body: Record<string, unknown>) =>
  api.ask({ method: 'POST', path: '/v1/connect-links', body })

/** Does what the public listener does when the user has pressed Continue and consented. */
async function connect(url: string): Promise<URL | null> {
  const secret = url.split('/').at(-1) ?? ''
  const provider = 'acme' as ProviderId
  const begun = await pressContinue(api.ports, { secret, browserId: 'browser', provider })
  const state = new URL(begun.url).searchParams.get('state') ?? ''
  const callback = new Map([
    ['state', state],
    ['code', 'a-code'],
  ])
  const ended = await finishPageFlow(api.ports, { provider, callback, browserId: 'browser' })
  return ended.kind === 'redirect' ? new URL(ended.url) : null
}

describe('connect links', () => {
  test('a link is created, read and withdrawn', async () => {
    const { status, json } = await make({ userId: '42', provider: 'acme', ttlSeconds: 60 })
    expect(status).toBe(201)
    expect(json).toEqual({
      id: expect.stringMatching(/^lnk_/),
      url: expect.stringMatching(/^http:\/\/localhost:7421\/connect\/[\w-]{43}$/),
      expiresAt: new Date(START + 60_000).toISOString(),
      warnings: [],
    })
    expect(json['url']).not.toContain(json['id'])
    const path = `/v1/connect-links/${String(json['id'])}`
    const pending = { id: json['id'], status: 'pending', connectionId: null, lastError: null }
    expect((await api.ask({ path })).json).toEqual({
      ...pending,
      expiresAt: json['expiresAt'],
      warnings: [],
    })
    api.now += 60_000
    expect((await api.ask({ path })).json).toMatchObject({ status: 'expired' })
    const withdrawn = await api.ask({ method: 'DELETE', path })
    expect({ status: withdrawn.status, text: withdrawn.text }).toEqual({ status: 204, text: '' })
    expect((await api.ask({ path })).json).toMatchObject({ status: 'withdrawn' })
    expect((await api.ask({ method: 'DELETE', path })).status).toBe(204)
  })

  test('a link can be created with user and provider in the path and an empty body', async () => {
    const path = '/v1/users/a%2Fb/oauth/acme/link'
    const { status, json } = await api.ask({ method: 'POST', path })
    expect(status).toBe(201)
    expect(json['expiresAt']).toBe(new Date(START + 900_000).toISOString())
    const more = { label: 'work', redirectUrl: 'myapp://done', metadata: { a: [null] }, state: 's' }
    expect((await api.ask({ method: 'POST', path, body: more })).status).toBe(201)
  })

  test('a redirect URL keeps its own state parameter if the link has no state', async () => {
    const redirectUrl = 'https://app.example.com/oauth?state=own%20one'
    const { json } = await make({ userId: '42', provider: 'acme', redirectUrl })
    const back = await connect(String(json['url']))
    expect(back?.href).toMatch(/\?state=own%20one&connectionId=con_\w+&linkId=lnk_\w+$/)
  })

  test('a completed link names its connection, and the app can read the token', async () => {
    const { json } = await make({
      userId: '42',
      provider: 'acme',
      redirectUrl: 'https://app.example.com/oauth/done',
      state: 'mine',
    })
    const back = await connect(String(json['url']))
    const connectionId = back?.searchParams.get('connectionId')
    expect(back?.searchParams.get('state')).toBe('mine')
    const path = `/v1/connect-links/${String(json['id'])}`
    expect((await api.ask({ path })).json).toMatchObject({ status: 'completed', connectionId })
    const token = await api.ask({ path: `/v1/connections/${String(connectionId)}/token` })
    expect(token.json).toMatchObject({ accessToken: 'access-of-the-provider-1', userId: '42' })
  })

  test.each([
    ['a redirect URL that is not allowed', { redirectUrl: 'https://evil.example/' }, 'redirectUrl'],
    [
      'a redirect URL that only begins like an allowed one',
      { redirectUrl: 'https://app.example.com/oauthx' },
      'redirectUrl',
    ],
    ['confirmation by the app but no redirect URL', { confirm: 'app' }, 'redirectUrl'],
    [
      'a redirect URL that already has an error',
      { redirectUrl: 'https://app.example.com/oauth?a=1&err%6Fr=reject' },
      'redirectUrl',
    ],
    [
      'a redirect URL with another state than the link',
      { redirectUrl: 'https://app.example.com/oauth?state=old', state: 'new' },
      'redirectUrl',
    ],
    ['a provider that is not configured', { provider: 'nobody' }, 'provider'],
    ['an invalid e-mail address', { email: 'ann' }, 'email'],
    ['parameters of the protocol', { params: { state: 'x' } }, 'params.state'],
  ])('a link with %s is rejected, and the error names the field', async (_case, more, name) => {
    const { status, json } = await make({ userId: '42', provider: 'acme', ...more })
    expect(status).toBe(400)
    expect(json['errors']).toEqual([{ in: 'body', name, detail: expect.any(String) }])
  })

  test.each(['lnk_1', 'con_01jd9z0000000000000000000a', 'lnk_01jd9z0000000000000000000a'])(
    'a request for the unknown link %s gives 404',
    async (id) => {
      const path = `/v1/connect-links/${id}`
      expect((await api.ask({ path })).status).toBe(404)
      expect((await api.ask({ method: 'DELETE', path })).status).toBe(404)
      const body = { userId: '42', completion: 'c' }
      expect((await api.ask({ method: 'POST', path: `${path}/confirm`, body })).status).toBe(404)
    },
  )
})

describe('a link that the app confirms', () => {
  let path: string
  let completion: string
  let connectionId: string
  beforeEach(async () => {
    const redirectUrl = 'https://app.example.com/oauth'
    const wanted = { userId: '42', provider: 'acme', confirm: 'app', redirectUrl }
    const { json } = await make(wanted)
    const back = await connect(String(json['url']))
    path = `/v1/connect-links/${String(json['id'])}`
    completion = back?.searchParams.get('completion') ?? ''
    connectionId = back?.searchParams.get('connectionId') ?? ''
  })

  const confirm = (userId: string, given = completion) =>
    api.ask({ method: 'POST', path: `${path}/confirm`, body: { userId, completion: given } })

  test('a connection serves no token until the app has confirmed its link', async () => {
    expect((await api.ask({ path })).json).toMatchObject({ status: 'awaiting_confirmation' })
    const pending = await api.ask({ path: `/v1/connections/${connectionId}` })
    expect(pending.json).toMatchObject({ status: 'pending', alive: false, scope: [] })
    const token = `/v1/connections/${connectionId}/token`
    const refused = await api.ask({ path: token })
    expect(refused.status).toBe(409)
    expect(refused.json).toMatchObject({ code: 'confirmation_required', nextAction: 'confirm' })
    expect((await api.ask({ path: '/v1/users/42/oauth/acme' })).json).toMatchObject({
      accessToken: null,
    })

    expect((await confirm('42', 'guessed')).status).toBe(404)
    expect((await confirm('42')).json).toMatchObject({ id: connectionId, status: 'active' })
    expect((await api.ask({ path: token })).status).toBe(200)
    expect((await confirm('42')).status).toBe(410)
  })

  test("a pending connection does not hide the user's other connection", async () => {
    const body = { userId: '42', provider: 'acme', accountId: 'there-before', accessToken: 'at' }
    const { json } = await api.ask({ method: 'POST', path: '/v1/connections', body })
    const ofUser = '/v1/users/42/oauth/acme'
    expect((await api.ask({ path: `${ofUser}/token` })).json).toMatchObject({
      connectionId: json['id'],
    })
    expect((await api.ask({ path: ofUser })).json).toMatchObject({ id: json['id'] })
    await confirm('42')
    expect((await api.ask({ path: ofUser })).json).toMatchObject({ code: 'several_accounts' })
  })

  test('a confirmation by another user ends the link and removes the connection', async () => {
    const { status, json } = await confirm('43')
    expect(status).toBe(409)
    expect(json).toMatchObject({ code: 'confirmation_refused' })
    expect((await confirm('42')).status).toBe(410)
    expect((await api.ask({ path: `/v1/connections/${connectionId}/token` })).status).toBe(404)
  })
})

test('a link is stored as the hash of its secret', async () => {
  const { json } = await make({ userId: '42', provider: 'acme' })
  const secret = String(json['url']).split('/').at(-1) ?? ''
  const hash = createHash('sha256').update(secret).digest('base64url')
  expect(await api.ports.store.linkBySecretHash(hash)).toMatchObject({ id: json['id'] })
})

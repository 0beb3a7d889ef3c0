import { describe, expect, test } from 'vitest'
import { VaultError } from '../../../src/core/base/errors.ts'
import type { ConnectionId, LinkId, UserId } from '../../../src/core/base/ids.ts'
import { pressContinue } from '../../support/press-continue.ts'
import { beginApiFlow } from '../../../src/vault/connect/begin-api-flow.ts'
import { finishApiFlow } from '../../../src/vault/connect/finish-api-flow.ts'
import { confirmLink } from '../../../src/vault/connect/confirm-link.ts'
import { createLink } from '../../../src/vault/connect/create-link.ts'
import { deliverRevocations } from '../../../src/vault/connections/deliver-revocations.ts'
import { expireConfirmations } from '../../../src/vault/upkeep/expire-confirmations.ts'
import { finishPageFlow } from '../../../src/vault/connect/finish-page-flow.ts'
import { getToken } from '../../../src/vault/tokens/get-token.ts'
import { openLink } from '../../../src/vault/connect/open-link.ts'
import { showLink } from '../../../src/vault/connect/show-link.ts'
import { linkDemand } from '../../support/link-demand.ts'
import { ACME, openStage, OPERATOR, OTHER, type Stage } from '../../support/vault-stage.ts'
import type { LinkRequest } from '../../../src/vault/connect/request-problems.ts'

const HOME = 'https://app.example.com/oauth'
const USER = 'user-1' as UserId
const MINUTE = 60_000

describe('connect links', () => {
  test('a link connects a user once, and then returns link_used', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { state: 'of the app' })
    const home = await walk(stage, link)
    expect(home.searchParams.get('state')).toBe('of the app')
    expect(home.searchParams.get('linkId')).toBe(link.id)
    const served = await read(stage, home)
    expect(served.connection).toMatchObject({
      userId: USER,
      status: 'active',
      grant: { scope: ['read', 'write'] },
    })
    await expect(openLink(stage.ports, link.secret)).rejects.toMatchObject({ code: 'link_used' })
    expect((await showLink(stage.ports, OPERATOR, link.id)).state).toMatchObject({
      status: 'completed',
    })
  })

  test('a link can be used again after the user refused at the provider', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    await stage.provider.setConsent({ kind: 'error', error: 'access_denied' })
    const refused = await walk(stage, link)
    expect([refused.searchParams.get('error'), refused.searchParams.get('errorCode')]).toEqual([
      'reject',
      'access_denied',
    ])
    expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe('access_denied')
    await stage.provider.setConsent({ kind: 'allow' })
    expect((await walk(stage, link)).searchParams.get('connectionId')).toMatch(/^con_/)
  })

  test('a reconnect keeps the connection id, and a newer link supersedes an older one', async () => {
    await using stage = await openStage()
    const { connection, account, family } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const older = await makeLink(stage, { connectionId: connection.id })
    const newer = await makeLink(stage, { connectionId: connection.id })
    await expect(openLink(stage.ports, older.secret)).rejects.toMatchObject({
      code: 'link_superseded',
    })
    const home = await walk(stage, newer)
    expect(home.searchParams.get('connectionId')).toBe(connection.id)
    expect((await stage.stored(connection.id)).grant.id).not.toBe(connection.grant.id)
    await deliverRevocations(stage.ports)
    expect((await stage.provider.family(family)).revoked?.cause).toBe('revocation_endpoint')
  })

  test('a reconnect revokes nothing if the provider may end all grants of the account', async () => {
    await using stage = await openStage({ provider: { revocation: {} } })
    const { connection, account } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const home = await walk(stage, await makeLink(stage, { connectionId: connection.id }))
    expect(home.searchParams.get('connectionId')).toBe(connection.id)
    await deliverRevocations(stage.ports)
    expect(await stage.provider.requests({ endpoint: 'revoke' })).toEqual([])
  })

  test('a reconnect with another account keeps the old grant and revokes the new grant', async () => {
    await using stage = await openStage()
    const { connection } = await stage.adopt({ demand: { userId: USER } })
    const link = await makeLink(stage, { connectionId: connection.id })
    const home = await walk(stage, link)
    expect([home.searchParams.get('error'), home.searchParams.get('errorCode')]).toEqual([
      'internal',
      'account_mismatch',
    ])
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
    await deliverRevocations(stage.ports)
    const { families } = await stage.provider.truth()
    expect(families.map(({ revoked }) => revoked?.cause ?? null)).toEqual([
      null,
      'revocation_endpoint',
    ])
  })

  test('a reconnect with another e-mail returns account_mismatch if only the e-mail was known', async () => {
    await using stage = await openStage()
    const demand = { userId: USER, accountId: null, email: 'ann@example.com' }
    const silent = await stage.provider.misbehave(
      { act: 'answer', status: 500, body: 'empty' },
      { endpoint: 'userinfo' },
    )
    const { connection } = await stage.adopt({ demand })
    await stage.provider.behave(silent)
    expect(connection.account).toMatchObject({ id: null, email: 'ann@example.com' })
    await stage.provider.setAccount({ id: 'acc-9', email: 'bea@example.com', name: 'Bea' })
    const link = await makeLink(stage, { connectionId: connection.id })
    expect((await walk(stage, link)).searchParams.get('errorCode')).toBe('account_mismatch')
    expect((await stage.stored(connection.id)).grant.id).toBe(connection.grant.id)
  })

  test('a link refuses an account other than the expected account', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { expectedAccount: 'somebody@else.example' })
    expect((await walk(stage, link)).searchParams.get('errorCode')).toBe('account_mismatch')
  })

  test('a second consent of one account reconnects the same connection', async () => {
    await using stage = await openStage()
    await stage.provider.setAccount({ id: 'a-1', email: 'a@example.com', name: 'A' })
    const first = await walk(stage, await makeLink(stage))
    const second = await walk(stage, await makeLink(stage))
    expect(second.searchParams.get('connectionId')).toBe(first.searchParams.get('connectionId'))
  })
})

describe('callbacks', () => {
  test('a callback in another browser is refused, and the browser that began the flow can still finish', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    const callback = await atProvider(stage, link, 'browser-1')
    for (const browserId of ['browser-2', null]) {
      const elsewhere = finishPageFlow(stage.ports, { provider: ACME, callback, browserId })
      await expect(elsewhere).rejects.toMatchObject({ code: 'invalid_request' })
    }
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(0)
    const here = await finishPageFlow(stage.ports, {
      provider: ACME,
      callback,
      browserId: 'browser-1',
    })
    expect(here).toMatchObject({ kind: 'redirect' })
  })

  test('a repeated callback redirects to the same URL and redeems no code', async () => {
    await using stage = await openStage()
    const reconnected = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(reconnected.account)
    const refused = { kind: 'error', error: 'access_denied' } as const
    const wishes = [
      [{}, { kind: 'allow' }],
      [{ confirm: 'app' }, { kind: 'allow' }],
      [{ redirectUrl: null }, { kind: 'allow' }],
      [{}, refused],
      [{ redirectUrl: null }, refused],
      [{ expectedAccount: 'somebody@else.example' }, { kind: 'allow' }],
    ] as const
    for (const [wish, choice] of wishes) {
      await stage.provider.setConsent(choice)
      const callback = await atProvider(stage, await makeLink(stage, wish), 'browser-1')
      const finish = (browserId = 'browser-1', provider = ACME) =>
        finishPageFlow(stage.ports, { provider, callback, browserId })
      const first = await finish()
      const redeemed = (await stage.provider.requests({ endpoint: 'token' })).length
      expect(await finish()).toEqual(first)
      stage.clock.pass(10 * MINUTE - 5_000)
      expect(await finish()).toEqual(first)
      for (const again of [finish('browser-2'), finish('browser-1', OTHER)]) {
        await expect(again).rejects.toMatchObject({ code: 'invalid_request' })
      }
      stage.clock.pass(5_000)
      await expect(finish()).rejects.toMatchObject({ code: 'invalid_request' })
      expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(redeemed)
    }
  })

  test('only one of two callbacks at the same time redeems the code', async () => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    const finish = () =>
      finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'browser-1' })
    const ends = await Promise.allSettled([finish(), finish()])
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(1)
  })

  test.each([
    ['just within ten minutes is redeemed', 10 * MINUTE - 5_000, 'fulfilled', 1],
    ['ten minutes after Continue is refused', 10 * MINUTE, 'rejected', 0],
  ])('a callback %s', async (_, later, status, redeemed) => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    stage.clock.pass(later)
    const [end] = await Promise.allSettled([
      finishPageFlow(stage.ports, { provider: ACME, callback, browserId: 'browser-1' }),
    ])
    expect(end.status).toBe(status)
    if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'invalid_request' })
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(redeemed)
  })

  test('a callback whose code the provider refuses redirects with the error internal', async () => {
    await using stage = await openStage()
    const callback = await atProvider(stage, await makeLink(stage), 'browser-1')
    const forged = new Map([...callback, ['code', 'forged']])
    const end = await finishPageFlow(stage.ports, {
      provider: ACME,
      callback: forged,
      browserId: 'browser-1',
    })
    expect(end).toMatchObject({
      kind: 'redirect',
      url: expect.stringContaining('error=internal&errorCode=invalid_request'),
    })
  })
})

describe('why a connect failed', () => {
  test.each([
    [
      { act: 'refuse', error: 'invalid_client', status: 401 },
      'provider_misconfigured',
      expect.stringMatching(/^invalid_client: .* clientAuth/),
    ],
    [
      { act: 'refuse', error: 'invalid_scope', status: 400 },
      'provider_misconfigured',
      'the provider refuses the scopes that were sent: read write',
    ],
    [
      { act: 'answer', status: 404, body: 'html' },
      'provider_misconfigured',
      'the token endpoint is not at its address',
    ],
    [
      { act: 'answer', status: 500, body: 'html' },
      'provider_unavailable',
      'the provider answered with a server error',
    ],
  ] as const)('the log has the detail of a failed connect: %j', async (deed, code, detail) => {
    await using stage = await openStage()
    await stage.provider.misbehave(deed)
    const link = await makeLink(stage)
    await walk(stage, link)
    expect(failures(stage)).toEqual([{ provider: ACME, how: 'link', link: link.id, code, detail }])
    const { callback, state } = await headless(stage)
    const demand = { userId: USER, state, iss: null, error: null, name: null }
    const completed = complete(stage, OPERATOR, {
      ...demand,
      code: callback.get('code') ?? '',
    })
    await expect(completed).rejects.toMatchObject({ code })
    expect(failures(stage)[1]).toEqual({ provider: ACME, how: 'headless', code, detail })
  })

  test('a failure before the redirect to the provider is logged and stored with the link', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    const detail = 'the issuer answers no metadata'
    const begin = () => Promise.reject(new VaultError('provider_misconfigured', detail))
    const ports = { ...stage.ports, endpoint: { ...stage.ports.endpoint, begin } }
    const demand = { secret: link.secret, browserId: 'browser-1', provider: ACME }
    await expect(pressContinue(ports, demand)).rejects.toMatchObject({ message: detail })
    const code = 'provider_misconfigured'
    expect(failures(stage)).toEqual([{ provider: ACME, how: 'link', link: link.id, code, detail }])
    expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe(code)
  })

  test.each([
    ['redirect_uri_mismatch', 'provider_misconfigured', 'fix_configuration'],
    ['application_suspended', 'provider_misconfigured', 'fix_configuration'],
    ['unauthorized_scope_error', 'provider_misconfigured', 'fix_configuration'],
    ['invalid_client', 'provider_misconfigured', 'fix_configuration'],
    ['temporarily_unavailable', 'provider_unavailable', 'retry'],
    ['login_required', 'login_required', 'reauthorize'],
    ['consent_required', 'consent_required', 'reauthorize'],
    ['something_of_its_own', 'provider_refused', 'reauthorize'],
    ['access_denied', 'access_denied', 'reauthorize'],
  ])(
    'the callback error %s is reported to the app as %s, with or without a redirect URL',
    async (...told) => {
      const [error, errorCode, nextAction] = told
      const word = error === 'access_denied' ? 'reject' : 'internal'
      const providerError = error === errorCode ? null : error
      await using stage = await openStage()
      await stage.provider.setConsent({ kind: 'error', error })
      const link = await makeLink(stage)
      const { searchParams } = await walk(stage, link)
      const said = ['error', 'errorCode'].map((name) => searchParams.get(name))
      expect(said).toEqual([word, errorCode])
      expect((await showLink(stage.ports, OPERATOR, link.id)).lastError).toBe(errorCode)
      const { state } = await headless(stage)
      const demand = { userId: USER, state, code: null, iss: null, error, name: null }
      await expect(complete(stage, OPERATOR, demand)).rejects.toMatchObject({
        code: 'invalid_request',
        extras: { reason: word, errorCode, nextAction, providerError },
      })
    },
  )

  test.each([
    ['server_error', 'provider_unavailable', 'server_error'],
    [
      'eyJhbGciOiJub25lIn0.canary',
      'provider_refused',
      'the provider sent the user back with an error',
    ],
  ])('the log never repeats the error text of a callback: %s', async (error, code, detail) => {
    await using stage = await openStage()
    const link = await makeLink(stage)
    await stage.provider.setConsent({ kind: 'error', error })
    const home = await walk(stage, link)
    expect(failures(stage)).toMatchObject([{ link: link.id, code, detail }])
    expect(home.href).not.toContain('canary')
  })
})

function failures(stage: Stage) {
  return stage.observed.flatMap(({ what, about }) => (what === 'connectFailed' ? [about] : []))
}

describe('links that the app confirms', () => {
  test('a token read returns confirmation_required until the app has confirmed', async () => {
    await using stage = await openStage()
    const link = await makeLink(stage, { confirm: 'app' })
    const home = await walk(stage, link)
    await expect(read(stage, home)).rejects.toMatchObject({ code: 'confirmation_required' })
    const completion = home.searchParams.get('completion') ?? ''
    await expect(
      confirmLink(stage.ports, OPERATOR, link.id, { userId: USER, completion: 'guessed' }),
    ).rejects.toMatchObject({ code: 'not_found' })
    const confirmed = await confirmLink(stage.ports, OPERATOR, link.id, {
      userId: USER,
      completion,
    })
    expect(confirmed).toMatchObject({ id: home.searchParams.get('connectionId'), status: 'active' })
    expect((await read(stage, home)).connection.status).toBe('active')
    const types = (await stage.ports.store.events({ after: 0, limit: 10, reach: OPERATOR })).map(
      ({ type }) => type,
    )
    expect(types).toEqual(['connection.created'])
  })

  test.each([
    ['for another user', 'mallory', 0],
    ['too late', USER, 11 * MINUTE],
  ])('a confirmation %s removes the grant and revokes it', async (_, userId, later) => {
    await using stage = await openStage()
    const link = await makeLink(stage, { confirm: 'app' })
    const home = await walk(stage, link)
    stage.clock.pass(later)
    const demand = {
      userId: userId as UserId,
      completion: home.searchParams.get('completion') ?? '',
    }
    await expect(confirmLink(stage.ports, OPERATOR, link.id, demand)).rejects.toMatchObject({
      code: 'confirmation_refused',
    })
    await expectNothingLeft(stage, home)
  })

  test('a grant that the app never confirms is removed and revoked', async () => {
    await using stage = await openStage()
    const home = await walk(stage, await makeLink(stage, { confirm: 'app' }))
    stage.clock.pass(11 * MINUTE)
    expect(await expireConfirmations(stage.ports)).toBe(1)
    await expectNothingLeft(stage, home)
  })

  test('a reconnect serves the old grant until the app has confirmed', async () => {
    await using stage = await openStage()
    const { connection, account } = await stage.adopt({ demand: { userId: USER } })
    await stage.provider.setAccount(account)
    const link = await makeLink(stage, { confirm: 'app', connectionId: connection.id })
    const home = await walk(stage, link)
    expect((await read(stage, home)).connection.grant.id).toBe(connection.grant.id)
    await confirmLink(stage.ports, OPERATOR, link.id, {
      userId: USER,
      completion: home.searchParams.get('completion') ?? '',
    })
    expect((await read(stage, home)).connection.grant.id).not.toBe(connection.grant.id)
  })
})

describe('flows whose callback is at the app', () => {
  test('a flow that the API began redeems its code once, for its own user', async () => {
    await using stage = await openStage()
    const { callback, state } = await headless(stage)
    const demand = {
      userId: USER,
      state,
      code: callback.get('code') ?? '',
      iss: null,
      error: null,
      name: 'Ann',
    }
    const { connection, appState } = await complete(stage, OPERATOR, demand)
    expect(appState).toBe('of the app')
    expect(connection).toMatchObject({ userId: USER, status: 'active' })
    await expect(complete(stage, OPERATOR, demand)).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  test('a flow that the API began is refused in the session of another user, and its code is not redeemed', async () => {
    await using stage = await openStage()
    const { callback, state } = await headless(stage)
    const demand = {
      userId: 'mallory' as UserId,
      state,
      code: callback.get('code') ?? '',
      iss: null,
      error: null,
      name: null,
    }
    await expect(complete(stage, OPERATOR, demand)).rejects.toMatchObject({
      code: 'confirmation_refused',
    })
    expect((await stage.provider.requests({ endpoint: 'token' })).length).toBe(0)
  })

  test('a flow that the API began returns invalid_grant for a bad code, and reject for a refusal', async () => {
    await using stage = await openStage()
    const bad = { userId: USER, iss: null, error: null, name: null, code: 'forged' }
    const first = await headless(stage)
    await expect(complete(stage, OPERATOR, { ...bad, state: first.state })).rejects.toMatchObject({
      code: 'invalid_request',
      extras: { reason: 'invalid_grant' },
    })
    const second = await headless(stage)
    const refused = { ...bad, state: second.state, code: null, error: 'access_denied' }
    await expect(complete(stage, OPERATOR, refused)).rejects.toMatchObject({
      extras: { reason: 'reject' },
    })
  })

  test('a key that does not reach the user cannot change a flow that the API began', async () => {
    await using stage = await openStage()
    const { callback, state } = await headless(stage)
    const demand = {
      userId: USER,
      state,
      code: callback.get('code') ?? '',
      iss: null,
      error: null,
      name: null,
    }
    const narrow = { ...OPERATOR, userIdPrefix: 'other:' }
    await expect(complete(stage, narrow, demand)).rejects.toMatchObject({
      code: 'invalid_request',
    })
    expect((await complete(stage, OPERATOR, demand)).connection.status).toBe('active')
  })
})

type Link = { readonly id: LinkId; readonly secret: string }

async function makeLink(stage: Stage, demand: Partial<LinkRequest> = {}): Promise<Link> {
  const wish = linkDemand({ redirectUrl: HOME, ...demand })
  const { link, url } = await createLink(stage.ports, OPERATOR, wish)
  return { id: link.id, secret: url.split('/').at(-1) ?? '' }
}

/** Presses Continue and consents, and returns the callback's parameters. */
async function atProvider(
  stage: Stage,
  link: Link,
  browserId: string,
): Promise<ReadonlyMap<string, string>> {
  const { url } = await pressContinue(stage.ports, {
    secret: link.secret,
    browserId,
    provider: ACME,
  })
  return consent(url)
}

async function consent(url: string): Promise<ReadonlyMap<string, string>> {
  const answer = await fetch(url, { redirect: 'manual' })
  return new Map(new URL(answer.headers.get('location') ?? '').searchParams)
}

async function walk(stage: Stage, link: Link): Promise<URL> {
  const callback = await atProvider(stage, link, 'browser-1')
  const end = await finishPageFlow(stage.ports, {
    provider: ACME,
    callback,
    browserId: 'browser-1',
  })
  if (end.kind !== 'redirect') throw new Error(`ended with ${end.kind}`)
  return new URL(end.url)
}

/** Completes the flow with the parameters that the app's callback received. */
function complete(
  stage: Stage,
  caller: typeof OPERATOR,
  {
    userId,
    name,
    ...fields
  }: { userId: UserId; name: string | null } & Record<string, string | null>,
) {
  const given = Object.entries(fields).filter((pair): pair is [string, string] => pair[1] !== null)
  return finishApiFlow(stage.ports, caller, { userId, name, callback: new Map(given) })
}

async function headless(stage: Stage) {
  const demand = {
    userId: USER,
    provider: ACME,
    callbackUrl: `${HOME}/callback`,
    email: null,
    scope: null,
    params: {},
  }
  const { url, state } = await beginApiFlow(stage.ports, OPERATOR, {
    ...demand,
    state: 'of the app',
  })
  return { state, callback: await consent(url) }
}

function read(stage: Stage, home: URL) {
  const id = (home.searchParams.get('connectionId') ?? '') as ConnectionId
  return getToken(stage.ports, OPERATOR, { target: { id }, minTtlSeconds: 60, rejected: null })
}

async function expectNothingLeft(stage: Stage, home: URL): Promise<void> {
  await expect(read(stage, home)).rejects.toMatchObject({ code: 'not_found' })
  await deliverRevocations(stage.ports)
  const { families } = await stage.provider.truth()
  expect(families.map(({ revoked }) => revoked?.cause)).toEqual(['revocation_endpoint'])
}

import { expect, test } from 'vitest'
import { BASIC, exchangeCode, refreshOnce, speak, token, TOKENS } from '../dialect-kit.ts'
import { beginAt, redeem, refreshWith } from '../endpoint-kit.ts'

test('a default code exchange is a form with Basic authentication, code, redirect URI and verifier', async () => {
  const { requests } = await speak(() => ({}), token(), exchangeCode)
  expect(requests[0]).toMatchObject({
    method: 'POST',
    path: '/token',
    headers: { authorization: BASIC },
  })
  expect(requests[0]?.form).toEqual({
    grant_type: 'authorization_code',
    code: 'the-code',
    redirect_uri: 'http://localhost:7421/callback/idp',
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
  })
})

const notion = () => ({
  tokenRequestFormat: 'json',
  tokenRequestHeaders: { 'Notion-Version': '2022-06-28' },
})

test('token requests can have JSON bodies and a version header, as at Notion', async () => {
  const { requests } = await speak(notion, token(), refreshOnce)
  expect(requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'notion-version': '2022-06-28',
  })
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
  })
})

const tiktok = () => ({
  clientAuth: 'post',
  rename: { client_id: 'client_key' },
  scopeSeparator: ',',
  scopes: ['user.info', 'video.list'],
})

test('the client id parameter can be renamed in every request, as at TikTok', async () => {
  const { result, requests } = await speak(tiktok, token(), async (party) => {
    const { query } = await beginAt(party)
    await exchangeCode(party)
    await refreshOnce(party)
    return Object.fromEntries(query)
  })
  expect(result).toMatchObject({ client_key: 'client-1', scope: 'user.info,video.list' })
  expect(result).not.toHaveProperty('client_id')
  for (const { form } of requests) {
    expect(form).toMatchObject({ client_key: 'client-1', client_secret: 's3cret' })
    expect(form).not.toHaveProperty('client_id')
  }
})

const basecamp = () => ({
  clientAuth: 'post',
  responseType: null,
  authorizationParams: { type: 'web_server' },
  tokenRequestFormat: 'query',
  exchangeRequest: { grantType: null, params: { type: 'web_server' } },
  refreshRequest: { grantType: null, params: { type: 'refresh' } },
})

test('token requests can send `type` in the query instead of `grant_type`, as at Basecamp', async () => {
  const { result, requests } = await speak(basecamp, token(), async (party) => {
    await exchangeCode(party)
    await refreshOnce(party)
    return (await beginAt(party)).query.has('response_type')
  })
  expect(result).toBe(false)
  expect(requests.map(({ query }) => [query['type'], query['grant_type']])).toEqual([
    ['web_server', undefined],
    ['refresh', undefined],
  ])
  expect(requests[0]?.body).toBe('')
})

const calcomLegacy = (url: string) => ({
  refreshEndpoint: `${url}/refreshToken`,
  clientAuth: 'post',
  refreshRequest: { tokenIn: 'bearer' },
  accessTokenSeconds: 1800,
})

test('a refresh token can be sent in a header to its own endpoint, as at an old Cal.com', async () => {
  const replies = { '/refreshToken': { body: { access_token: 'at-2' } } }
  const { result, requests } = await speak(calcomLegacy, replies, refreshOnce)
  expect(result).toMatchObject({
    kind: 'ok',
    tokens: { refreshToken: null, expiresInSeconds: null, tokenType: 'Bearer' },
  })
  expect(requests[0]).toMatchObject({
    path: '/refreshToken',
    headers: { authorization: 'Bearer rt-1' },
  })
  expect(requests[0]?.form).toEqual({
    grant_type: 'refresh_token',
    client_id: 'client-1',
    client_secret: 's3cret',
  })
})

const instagram = (url: string) => ({
  clientAuth: 'post',
  codeSuffixes: ['#_'],
  renewsWith: 'access_token',
  secondExchange: {
    url: `${url}/lasting`,
    method: 'GET',
    grantType: 'ig_exchange_token',
    rename: { refresh_token: 'access_token', client_id: null },
  },
  refreshEndpoint: `${url}/renew`,
  refreshRequest: {
    method: 'GET',
    clientAuth: 'none',
    grantType: 'ig_refresh_token',
    rename: { refresh_token: 'access_token', client_id: null },
  },
})

test('an access token can be exchanged for a long-lived token that serves as its own refresh token, as at Instagram', async () => {
  const replies = {
    '/token': { body: { access_token: 'short' } },
    '/lasting': { body: { access_token: 'long', expires_in: 5_000_000 } },
    '/renew': { body: { access_token: 'longer', expires_in: 5_000_000 } },
  }
  const { result, requests } = await speak(instagram, replies, async (party) => {
    const outcome = await exchangeCode(party, { code: 'abc#_' })
    if (outcome.kind !== 'ok' || outcome.tokens.refreshToken === null) throw new Error(outcome.kind)
    const renewed = await refreshWith(party.endpoint, outcome.tokens.refreshToken)
    return [
      outcome.tokens.refreshToken.expose(),
      renewed.kind === 'ok' && renewed.tokens.refreshToken?.expose(),
    ]
  })
  expect(result).toEqual(['long', 'longer'])
  expect(requests[0]?.form['code']).toBe('abc')
  expect(requests[1]).toMatchObject({
    method: 'GET',
    query: { grant_type: 'ig_exchange_token', access_token: 'short', client_secret: 's3cret' },
  })
  expect(requests[2]?.query).toEqual({
    grant_type: 'ig_refresh_token',
    access_token: 'longer'.slice(0, 4),
  })
})

const slack = () => ({
  scopes: ['chat:write', 'user:search:read', 'user:users:read'],
  scopeSeparator: ',',
  secondScope: { param: 'user_scope', prefix: 'user:' },
  answer: { roots: ['', 'authed_user'] },
  keep: { team: { from: 'tokens', path: 'team.id' } },
  accountFromTokens: {
    id: { joined: ['team.id', 'authed_user.id'], with: ':' },
    name: 'team.name',
  },
  errors: { dead: [{ where: { ok: [false], error: ['token_revoked'] } }] },
})

test('a provider can have two sets of scopes and tokens, as at Slack', async () => {
  const body = {
    ok: true,
    team: { id: 'T1', name: 'Team' },
    authed_user: {
      id: 'U1',
      access_token: 'xoxp',
      refresh_token: 'xoxe',
      scope: 'search:read',
      expires_in: 43_200,
    },
  }
  const { result } = await speak(slack, token(body), async (party) => {
    const { query } = await beginAt(party)
    return { query: Object.fromEntries(query), outcome: await exchangeCode(party) }
  })
  expect(result).toMatchObject({
    query: { scope: 'chat:write', user_scope: 'search:read,users:read' },
    outcome: {
      kind: 'ok',
      account: { id: 'T1:U1', email: null, name: 'Team' },
      tokens: { expiresInSeconds: 43_200, providerData: { team: 'T1' } },
    },
  })
  const dead = await speak(slack, token({ ok: false, error: 'token_revoked' }), refreshOnce)
  expect(dead.result).toEqual({ kind: 'grant_dead', detail: 'token_revoked' })
})

const regional = (url: string) => ({
  tokenEndpoint: `${url}/{region}/token`,
  keep: { region: { from: 'callback', path: 'location', pattern: 'us|eu', default: 'us' } },
})

test('the callback can choose a token endpoint that matches a pattern, as at Zoho', async () => {
  const replies = { '/eu/token': { body: TOKENS }, '/us/token': { body: TOKENS } }
  const { result, requests } = await speak(regional, replies, async (party) => {
    const outcome = await exchangeCode(party, { code: 'c', location: 'eu' })
    if (outcome.kind !== 'ok') throw new Error(outcome.kind)
    const { providerData } = outcome.tokens
    await refreshWith(party.endpoint, 'rt-1', { providerData })
    await refreshWith(party.endpoint, 'rt-1', { providerData: { region: '../evil' } })
    return providerData
  })
  expect(result).toEqual({ region: 'eu' })
  expect(requests.map(({ path }) => path)).toEqual(['/eu/token', '/eu/token', '/us/token'])
})

test('no code is sent if the callback names a host outside the pattern', async () => {
  const callback = { code: 'c', location: 'evil.example' }
  const { result, requests } = await speak(regional, {}, (party) => exchangeCode(party, callback))
  expect(result).toMatchObject({ kind: 'untrusted' })
  expect(requests).toEqual([])
})

test('a preset can omit PKCE', async () => {
  const { result, requests } = await speak(
    () => ({ pkce: 'omit' }),
    token(),
    async (party) => {
      const begun = await beginAt(party)
      await redeem(party.endpoint, begun, { code: 'c' })
      return [...begun.query.keys()]
    },
  )
  expect(result).not.toContain('code_challenge')
  expect(requests[0]?.form).not.toHaveProperty('code_verifier')
})

const github = (url: string) => ({
  clientAuth: 'post',
  answer: { scope: ['scope'] },
  scopeSeparator: ',',
  userinfoEndpoint: `${url}/user`,
  account: { id: 'id', name: ['name', 'login'], email: 'email' },
  emailRequest: { url: `${url}/emails`, email: '[primary].email' },
})

test('a provider can answer as a form, with comma-separated scopes and an endpoint for e-mails, as at GitHub', async () => {
  const replies = {
    '/token': {
      body: 'access_token=at&scope=repo%2Cgist&token_type=bearer',
      type: 'application/x-www-form-urlencoded',
    },
    '/user': { body: { id: 583231, login: 'octocat', name: null, email: null } },
    '/emails': {
      body: [
        { email: 'a@x', primary: false },
        { email: 'b@x', primary: true },
      ],
    },
  }
  const { result, requests } = await speak(github, replies, (party) => exchangeCode(party))
  expect(result).toMatchObject({
    kind: 'ok',
    account: { id: '583231', email: 'b@x', name: 'octocat' },
    tokens: { scope: ['repo', 'gist'], refreshToken: null },
  })
  expect(requests.map(({ path }) => path)).toEqual(['/token', '/user', '/emails'])
  expect(requests[1]?.headers['authorization']).toBe('Bearer at')
})

import { expect, test } from 'vitest'
import { Secret } from '../../src/core/secret.ts'
import { httpAnswer, startRawServer } from '../support/raw-server.ts'
import { beginAt, COMMON, endpointFor, redeem, refreshWith } from './endpoint-kit.ts'

type Reply = { status?: number; body: unknown; type?: string }

/** A provider described by settings alone, on a server that answers by path. */
async function speak(
  settings: (url: string) => object,
  replies: Record<string, Reply>,
  work: (party: Awaited<ReturnType<typeof endpointFor>>) => Promise<unknown>,
  secrets?: string[],
) {
  await using server = await startRawServer((socket, request) => {
    const path = request.split(' ')[1]?.split('?')[0] ?? ''
    const {
      status = 200,
      body,
      type = 'application/json',
    } = replies[path] ?? { status: 404, body: '' }
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    socket.end(httpAnswer(status, text, { 'content-type': type }))
  })
  const endpoints = {
    authorizationEndpoint: `${server.url}/auth`,
    tokenEndpoint: `${server.url}/token`,
  }
  const options = secrets === undefined ? {} : { secrets }
  const party = await endpointFor({ ...endpoints, ...settings(server.url) }, options)
  const result = await work(party)
  return { result, requests: server.requests.map(parsed) }
}

function parsed(raw: string) {
  const [head = '', body = ''] = raw.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const [method, target = ''] = line.split(' ')
  const headers = Object.fromEntries(
    lines
      .map((text) => text.split(/: (.*)/s))
      .map(([name = '', value]) => [name.toLowerCase(), value]),
  )
  const url = new URL(target, 'http://x')
  const form = Object.fromEntries(new URLSearchParams(body))
  return {
    method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers,
    body,
    form,
  }
}

const TOKENS = { access_token: 'at', token_type: 'bearer', expires_in: 60, refresh_token: 'rt' }
const token = (body: unknown = TOKENS): Record<string, Reply> => ({ '/token': { body } })

type Party = Awaited<ReturnType<typeof endpointFor>>
const exchangeCode = async (
  party: Party,
  callback: Record<string, string> = { code: 'the-code' },
) => redeem(party.endpoint, await beginAt(party), callback)
const refreshOnce = (party: Party) =>
  refreshWith(party.endpoint, 'rt-1', { requestedScope: ['a', 'b'] })
const BASIC = 'Basic Y2xpZW50LTE6czNjcmV0'

test('the plain words: form, Basic, code, redirect URI and verifier', async () => {
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

test('JSON bodies with a version header, as Notion wants them', async () => {
  const settings = () => ({
    tokenRequestFormat: 'json',
    tokenRequestHeaders: { 'Notion-Version': '2022-06-28' },
  })
  const { requests } = await speak(settings, token(), refreshOnce)
  expect(requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'notion-version': '2022-06-28',
  })
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
  })
})

test('a client id by another name in every request, as at TikTok', async () => {
  const settings = () => ({
    clientAuth: 'post',
    rename: { client_id: 'client_key' },
    scopeSeparator: ',',
    scopes: ['user.info', 'video.list'],
  })
  const { result, requests } = await speak(settings, token(), async (party) => {
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

test('types in the place of grant types, in the query, as at Basecamp', async () => {
  const settings = () => ({
    clientAuth: 'post',
    responseType: null,
    authorizationParams: { type: 'web_server' },
    tokenRequestFormat: 'query',
    exchangeRequest: { grantType: null, params: { type: 'web_server' } },
    refreshRequest: { grantType: null, params: { type: 'refresh' } },
  })
  const { result, requests } = await speak(settings, token(), async (party) => {
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

test('a refresh token in a header, at an address of its own, as at an old Cal.com', async () => {
  const settings = (url: string) => ({
    refreshEndpoint: `${url}/refreshToken`,
    clientAuth: 'post',
    refreshRequest: { tokenIn: 'bearer' },
    accessTokenSeconds: 1800,
  })
  const replies = { '/refreshToken': { body: { access_token: 'at-2' } } }
  const { result, requests } = await speak(settings, replies, refreshOnce)
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

test('an access token that is exchanged for a lasting one and renewed by itself, as at Instagram', async () => {
  const settings = (url: string) => ({
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
  const replies = {
    '/token': { body: { access_token: 'short' } },
    '/lasting': { body: { access_token: 'long', expires_in: 5_000_000 } },
    '/renew': { body: { access_token: 'longer', expires_in: 5_000_000 } },
  }
  const { result, requests } = await speak(settings, replies, async (party) => {
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

test('two sets of scopes and of tokens, as at Slack', async () => {
  const settings = () => ({
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
  const { result } = await speak(settings, token(body), async (party) => {
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
  const dead = await speak(settings, token({ ok: false, error: 'token_revoked' }), refreshOnce)
  expect(dead.result).toEqual({ kind: 'grant_dead', detail: 'token_revoked' })
})

const regional = (url: string) => ({
  tokenEndpoint: `${url}/{region}/token`,
  keep: { region: { from: 'callback', path: 'location', pattern: 'us|eu', default: 'us' } },
})

test('a callback that decides where the code goes, within a pattern, as at Zoho', async () => {
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

test('a callback that leads elsewhere: no code is sent', async () => {
  const callback = { code: 'c', location: 'evil.example' }
  const { result, requests } = await speak(regional, {}, (party) => exchangeCode(party, callback))
  expect(result).toMatchObject({ kind: 'untrusted' })
  expect(requests).toEqual([])
})

test('no PKCE where a provider cannot bear it', async () => {
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

test('an answer as a form, scopes with commas, and a second question for the e-mail, as at GitHub', async () => {
  const settings = (url: string) => ({
    clientAuth: 'post',
    answer: { scope: ['scope'] },
    scopeSeparator: ',',
    userinfoEndpoint: `${url}/user`,
    account: { id: 'id', name: ['name', 'login'], email: 'email' },
    emailRequest: { url: `${url}/emails`, email: '[primary].email' },
  })
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
  const { result, requests } = await speak(settings, replies, (party) => exchangeCode(party))
  expect(result).toMatchObject({
    kind: 'ok',
    account: { id: '583231', email: 'b@x', name: 'octocat' },
    tokens: { scope: ['repo', 'gist'], refreshToken: null },
  })
  expect(requests.map(({ path }) => path)).toEqual(['/token', '/user', '/emails'])
  expect(requests[1]?.headers['authorization']).toBe('Bearer at')
})

test.each<[string, object, string[] | undefined, object]>([
  [
    'raw Basic',
    { clientAuth: 'basic-raw', clientId: 'a b' },
    ['s+/:'],
    { authorization: `Basic ${btoa('a b:s+/:')}` },
  ],
  [
    'Basic with special letters',
    { clientId: 'a b' },
    ['s+/:'],
    { authorization: `Basic ${btoa('a+b:s%2B%2F%3A')}` },
  ],
  [
    'Basic with plain ones left alone',
    { clientId: 'a-b_c.d' },
    ['x-y'],
    { authorization: `Basic ${btoa('a-b_c.d:x-y')}` },
  ],
  [
    'the secret as user',
    { clientAuth: 'secret-as-user' },
    ['sk_1'],
    { authorization: `Basic ${btoa('sk_1:')}` },
  ],
  [
    'an empty secret',
    { sendsEmptySecret: true },
    [],
    { authorization: `Basic ${btoa('client-1:')}` },
  ],
  ['none', { clientAuth: 'none' }, ['s'], { authorization: undefined }],
  ['no secret at all', {}, [], { authorization: undefined }],
])('client authentication: %s', async (_what, settings, secrets, expected) => {
  const { requests } = await speak(() => settings, token(), refreshOnce, secrets)
  expect({ authorization: requests[0]?.headers['authorization'] }).toEqual(expected)
})

test('another client authentication for the refresh than for the code', async () => {
  const settings = () => ({ clientAuth: 'post', refreshRequest: { clientAuth: 'basic' } })
  const { requests } = await speak(settings, token(), async (party) => {
    await exchangeCode(party)
    await refreshOnce(party)
  })
  expect(requests.map(({ headers }) => headers['authorization'])).toEqual([undefined, BASIC])
})

test('scope and redirect URI with a refresh, where they are wanted', async () => {
  const settings = () => ({
    refreshRequest: {
      sendsScope: true,
      params: { redirect_uri: '{redirectUri}', grant_type: 'x' },
    },
  })
  const { requests } = await speak(settings, token(), refreshOnce)
  expect(requests[0]?.form).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
    scope: 'a b',
    redirect_uri: 'http://localhost:7421/callback/idp',
  })
})

test("parameters of the preset reach the authorization URL and the hosts, a link's before the operator's", async () => {
  const settings = (url: string) => ({
    params: {
      shop: { description: 'x', pattern: '[a-z]+', values: undefined, required: true },
      hd: { description: 'y', pattern: '[a-z.]+', authorizationParam: 'hd' },
    },
    authorizationEndpoint: `${url}/{shop}/auth?x=1`,
    loginHintParam: 'login_hint',
    responseMode: 'form_post',
    shop: 'operators',
  })
  const { result } = await speak(settings, {}, async (party) => {
    const own = await beginAt(party, {
      params: { shop: 'links', hd: 'example.com' },
      loginHint: 'a@b.c',
    })
    const operators = await beginAt(party)
    await expect(beginAt(party, { params: { shop: '../evil' } })).rejects.toThrow('parameter')
    await expect(beginAt(party, { params: { redirect_uri: 'x' } })).rejects.toThrow('parameter')
    return [own.url, operators.url]
  })
  const [own = '', operators = ''] = result as string[]
  expect(new URL(own).pathname).toBe('/links/auth')
  expect(Object.fromEntries(new URL(own).searchParams)).toMatchObject({
    x: '1',
    hd: 'example.com',
    login_hint: 'a@b.c',
    response_mode: 'form_post',
    response_type: 'code',
  })
  expect(new URL(operators).pathname).toBe('/operators/auth')
})

test('what a preset adds never replaces a parameter of the protocol', async () => {
  const { result } = await speak(
    (url) => ({ authorizationEndpoint: `${url}/auth?state=fixed&client_id=evil`, scopes: ['a'] }),
    {},
    async (party) => new URL((await beginAt(party)).url).searchParams.getAll('state'),
  )
  expect(result).toEqual(['state-1'])
})

const identifyOnce = (party: Party, providerData = {}) =>
  party.endpoint.identify({ ...COMMON, providerData, accessToken: new Secret('at') })

test.each<[string, object, Reply, object, object]>([
  [
    'userinfo',
    {},
    { body: { sub: 'a', email: 'b@c' } },
    { kind: 'ok', account: { id: 'a', email: 'b@c', name: null } },
    { method: 'GET', headers: { authorization: 'Bearer at' } },
  ],
  [
    'a GraphQL question with a header of its own',
    {
      apiHeader: { name: 'X-Shopify-Access-Token', scheme: null },
      probe: { method: 'POST', format: 'json', params: { query: '{ shop { id } }' } },
      account: { id: 'data.shop.id' },
    },
    { body: { data: { shop: { id: 's1' } } } },
    { kind: 'ok', account: { id: 's1' } },
    {
      method: 'POST',
      body: '{"query":"{ shop { id } }"}',
      headers: { 'x-shopify-access-token': 'at' },
    },
  ],
  [
    'an introspection by the client',
    {
      clientAuth: 'post',
      probe: { method: 'POST', auth: 'client', tokenParam: 'token' },
      account: { id: { joined: ['hub_id', 'user_id'], with: ':' } },
    },
    { body: { hub_id: 1, user_id: 2 } },
    { kind: 'ok', account: { id: '1:2' } },
    { form: { token: 'at', client_id: 'client-1', client_secret: 's3cret' } },
  ],
  [
    'a token in the query',
    { probe: { auth: 'none', format: 'query', tokenParam: 'access_token' }, account: { id: 'id' } },
    { body: { id: 9 } },
    { kind: 'ok', account: { id: '9' } },
    { query: { access_token: 'at' } },
  ],
  [
    'another status than 200',
    { account: { id: 'username' } },
    { status: 201, body: { username: 'u' } },
    { kind: 'ok', account: { id: 'u' } },
    {},
  ],
  [
    'a failure that is told in the body',
    { probe: { success: { where: { ok: [true] } } } },
    { body: { ok: false, sub: 'a' } },
    { kind: 'unknown' },
    {},
  ],
  [
    'what an earlier answer told',
    {
      keep: { team: { from: 'tokens', path: 'team' } },
      account: { id: { joined: ['$kept.team', 'user'], with: ':' } },
    },
    { body: { user: 'u' } },
    { kind: 'ok', account: { id: 'T1:u' } },
    {},
  ],
  ['nobody', {}, { body: {} }, { kind: 'unknown' }, {}],
  ['no JSON', {}, { body: '<html>' }, { kind: 'unknown' }, {}],
  ['a scope that is missing', {}, { status: 403, body: {} }, { kind: 'unknown' }, {}],
  ['trouble at the provider', {}, { status: 502, body: '' }, { kind: 'unavailable' }, {}],
  ['too many questions', {}, { status: 429, body: '' }, { kind: 'unavailable' }, {}],
])('whose token it is: %s', async (_what, settings, reply, expected, request) => {
  const { result, requests } = await speak(
    (url) => ({ userinfoEndpoint: `${url}/me`, ...settings }),
    { '/me': reply },
    (party) => identifyOnce(party, { team: 'T1' }),
  )
  expect(result).toMatchObject(expected)
  expect(requests[0]).toMatchObject(request)
})

const revokeOnce = (party: Party, more = {}) =>
  party.endpoint.revoke({
    id: 'rev_1',
    ...COMMON,
    providerData: { user: '7' },
    refreshToken: new Secret('rt-1'),
    accessToken: new Secret('at-1'),
    attempts: 0,
    createdAt: 0,
    dueAt: 0,
    ...more,
  })

const revocable = (url: string) => ({ revocationEndpoint: `${url}/revoke` })

test('revocation as RFC 7009 has it: the refresh token first, with hints, by the client', async () => {
  const { result, requests } = await speak(revocable, { '/revoke': { body: '' } }, revokeOnce)
  expect(result).toEqual({ kind: 'revoked' })
  expect(requests.map(({ form }) => form)).toEqual([
    { token: 'rt-1', token_type_hint: 'refresh_token' },
    { token: 'at-1', token_type_hint: 'access_token' },
  ])
  expect(requests[0]).toMatchObject({ method: 'POST', headers: { authorization: BASIC } })
})

test.each<[string, object, object]>([
  [
    'only the access token, without a hint',
    { tokens: 'access', sendsHint: false },
    { form: { token: 'at-1' } },
  ],
  [
    'either',
    { tokens: 'any', auth: 'none', sendsHint: false },
    { form: { token: 'rt-1' }, headers: {} },
  ],
  [
    'DELETE with JSON, as at GitHub',
    {
      method: 'DELETE',
      format: 'json',
      tokens: 'access',
      sendsHint: false,
      tokenParam: 'access_token',
    },
    { method: 'DELETE', body: '{"access_token":"at-1"}', headers: { authorization: BASIC } },
  ],
  [
    'the token itself as bearer',
    { auth: 'token', tokens: 'access', sendsHint: false, tokenParam: null },
    { headers: { authorization: 'Bearer at-1' }, form: {} },
  ],
  [
    'the secret behind a word of its own, as at Square',
    {
      auth: 'secret',
      scheme: 'Client',
      tokens: 'access',
      format: 'json',
      sendsHint: false,
      tokenParam: 'access_token',
      params: { client_id: '{clientId}' },
    },
    {
      headers: { authorization: 'Client s3cret' },
      body: '{"access_token":"at-1","client_id":"client-1"}',
    },
  ],
])('revocation by %s', async (_what, revocation, expected) => {
  const { result, requests } = await speak(
    (url) => ({ ...revocable(url), revocation }),
    { '/revoke': { body: '{}' } },
    revokeOnce,
  )
  expect(result).toEqual({ kind: 'revoked' })
  expect(requests).toHaveLength(1)
  expect(requests[0]).toMatchObject(expected)
})

test.each<[string, Reply, object, object]>([
  ['an unknown token', { status: 400, body: { error: 'invalid_token' } }, {}, { kind: 'revoked' }],
  [
    'a status that means gone',
    { status: 404, body: '' },
    { goneStatuses: [404] },
    { kind: 'revoked' },
  ],
  [
    'a failure with 200',
    { body: { ok: false } },
    { success: { where: { ok: [true] } } },
    { kind: 'failed', retryAfterMs: null },
  ],
  [
    'an unsupported type',
    { status: 400, body: { error: 'unsupported_token_type' } },
    {},
    { kind: 'unsupported' },
  ],
  ['405', { status: 405, body: '' }, {}, { kind: 'unsupported' }],
  ['503', { status: 503, body: '' }, {}, { kind: 'failed', retryAfterMs: null }],
  ['a redirect', { status: 302, body: '' }, {}, { kind: 'failed', retryAfterMs: null }],
  [
    'a wrong secret',
    { status: 401, body: { error: 'invalid_client' } },
    {},
    { kind: 'failed', retryAfterMs: null },
  ],
])('what a revocation comes to: %s', async (_what, reply, revocation, expected) => {
  const { result } = await speak(
    (url) => ({ ...revocable(url), revocation: { tokens: 'refresh', ...revocation } }),
    { '/revoke': reply },
    revokeOnce,
  )
  expect(result).toEqual(expected)
})

test('no way to revoke is said, and nothing is sent', async () => {
  const { result, requests } = await speak(
    (url) => ({ ...revocable(url), revocation: null }),
    {},
    revokeOnce,
  )
  expect(result).toEqual({ kind: 'unsupported' })
  expect(requests).toEqual([])
})

import { expect, test } from 'vitest'
import { BASIC, exchangeCode, refreshOnce, speak, token } from '../dialect-kit.ts'
import { beginAt } from '../endpoint-kit.ts'

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
    'Basic with unreserved letters not encoded',
    { clientId: 'a-b_c.d' },
    ['x-y'],
    { authorization: `Basic ${btoa('a-b_c.d:x-y')}` },
  ],
  [
    'Basic with the secret as user name',
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
])('client authentication follows the settings: %s', async (_what, settings, secrets, expected) => {
  const { requests } = await speak(() => settings, token(), refreshOnce, secrets)
  expect({ authorization: requests[0]?.headers['authorization'] }).toEqual(expected)
})

const mixedAuth = () => ({ clientAuth: 'post', refreshRequest: { clientAuth: 'basic' } })

test('a refresh can use another client authentication than the code exchange', async () => {
  const { requests } = await speak(mixedAuth, token(), async (party) => {
    await exchangeCode(party)
    await refreshOnce(party)
  })
  expect(requests.map(({ headers }) => headers['authorization'])).toEqual([undefined, BASIC])
})

const wordyRefresh = () => ({
  refreshRequest: {
    sendsScope: true,
    params: { redirect_uri: '{redirectUri}', grant_type: 'x' },
  },
})

test('a preset can send scope and redirect URI with a refresh', async () => {
  const { requests } = await speak(wordyRefresh, token(), refreshOnce)
  expect(requests[0]?.form).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'rt-1',
    scope: 'a b',
    redirect_uri: 'http://localhost:7421/callback/idp',
  })
})

const shops = (url: string) => ({
  params: {
    shop: { description: 'x', pattern: '[a-z]+', values: undefined, required: true },
    hd: { description: 'y', pattern: '[a-z.]+', authorizationParam: 'hd' },
  },
  authorizationEndpoint: `${url}/{shop}/auth?x=1`,
  loginHintParam: 'login_hint',
  responseMode: 'form_post',
  shop: 'operators',
})

test("parameters fill in the authorization URL and its host, and a link's value overrides the operator's value", async () => {
  const { result } = await speak(shops, {}, async (party) => {
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

test('extra query parameters never replace parameters of the protocol', async () => {
  const { result } = await speak(
    (url) => ({ authorizationEndpoint: `${url}/auth?state=fixed&client_id=evil`, scopes: ['a'] }),
    {},
    async (party) => new URL((await beginAt(party)).url).searchParams.getAll('state'),
  )
  expect(result).toEqual(['state-1'])
})

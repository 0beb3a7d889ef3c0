import { expect, test } from 'vitest'
import { signature } from './answer-authorize.ts'
import { beginApiFlow } from '../../src/vault/connect/begin-api-flow.ts'
import { finishApiFlow } from '../../src/vault/connect/finish-api-flow.ts'
import { OPERATOR } from '../support/vault-stage.ts'
import { HOME, openContractStage, USER } from './contract-stage.ts'
import { dialects } from './dialects/index.ts'
import { connect, walk } from './walk.ts'

// A callback comes through a browser, so its hosts and shops cannot be trusted.

type Callback = ReadonlyMap<string, string>

const FORGED: readonly (readonly [string, string, (callback: Callback) => Callback])[] = [
  [
    'zoho',
    'another host for the code',
    (callback) => new Map([...callback, ['accounts-server', 'https://accounts.zoho.evil.example']]),
  ],
  [
    'zoho',
    'a host that starts like the right one',
    (callback) =>
      new Map([...callback, ['accounts-server', 'https://accounts.zoho.eu.evil.example']]),
  ],
  ['shopify', 'no signature', without('hmac')],
  [
    'shopify',
    'a parameter changed after signing',
    (callback) => new Map([...callback, ['host', 'ZXZpbA']]),
  ],
  [
    'shopify',
    'another shop of the same app and a valid signature',
    (callback) => {
      const { hmac: _, ...fields } = Object.fromEntries(callback)
      const other = { ...fields, shop: 'other.myshopify.com' }
      return new Map(Object.entries({ ...other, hmac: signature(SHOPIFY_CLIENT, other) }))
    },
  ],
  [
    'google',
    'another issuer',
    (callback) => new Map([...callback, ['iss', 'https://evil.example']]),
  ],
]
const SHOPIFY_CLIENT = { id: 'client-1', secret: 's3cret-Of_the.client' }

test.each(FORGED)(
  '%s: after a callback with %s, Larder sends the code to no endpoint',
  async (id, _, forge) => {
    const dialect = dialects[id]
    if (dialect === undefined) throw new Error('no such dialect')
    await using stage = await openContractStage(id, dialect)
    const home = await walk(stage, { onTheWay: forge })
    expect(home.searchParams.get('error')).toBe('internal')
    const posts = stage.vendor.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ address }) => address)).toEqual([])
  },
)

test.each([
  ['shopify', {}],
  ['intuit', { realmId: '4620816365' }],
  ['zoho', { accountsServer: 'https://accounts.zoho.eu' }],
  ['github-app', { installationId: '4711' }],
])(
  '%s: a user connects through the app’s own callback, and extra callback parameters are stored',
  async (id, kept) => {
    const dialect = dialects[id]
    if (dialect === undefined) throw new Error('no such dialect')
    await using stage = await openContractStage(id, dialect)
    const { ports } = stage
    const callbackUrl = `${HOME}/callback`
    stage.vendor.redirectUri = callbackUrl
    const nothing = { email: null, state: null, params: {} }
    const scope = dialect.scopes === null ? [] : dialect.scopes.ask
    const demand = { userId: USER, provider: stage.id, callbackUrl, scope, ...nothing }
    const { url } = await beginApiFlow(ports, OPERATOR, demand)
    const callback = await stage.consent(url)
    const back = { userId: USER, callback, name: null }
    const { connection } = await finishApiFlow(ports, OPERATOR, back)
    expect(connection).toMatchObject({ status: 'active', providerData: kept })
  },
)

test.each([
  ['{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"x@evil.example"}', 'Ada Lovelace'],
  ['{"name":{"firstName":"Ada"}}', 'Ada'],
  ['{"name":{"firstName":"Ada\\u0000"}}', null],
  ['{"name":', null],
  ['Ada', null],
])('apple: the callback’s user field %s sets only the account name, to %s', async (user, name) => {
  const dialect = dialects['apple']
  if (dialect === undefined) throw new Error('no such dialect')
  await using stage = await openContractStage('apple', dialect)
  const onTheWay = (callback: Callback): Callback => new Map([...callback, ['user', user]])
  const { account } = await stage.stored(await connect(stage, { onTheWay }))
  expect(account).toMatchObject({ id: '1085', email: 'ada@example.com', name })
})

function without(name: string) {
  return (callback: Callback): Callback =>
    new Map([...callback].filter(([parameter]) => parameter !== name))
}

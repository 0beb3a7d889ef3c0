import { expect, test } from 'vitest'
import { signature } from './answer-authorize.ts'
import { openContractStage } from './contract-stage.ts'
import { dialects } from './dialects/index.ts'
import { walk } from './walk.ts'

// A callback comes through a browser: what it says of hosts and shops is not taken at its word.

type Callback = ReadonlyMap<string, string>

const FORGED: readonly (readonly [string, string, (callback: Callback) => Callback])[] = [
  [
    'zoho',
    'another host for the code',
    (callback) => new Map([...callback, ['accounts-server', 'https://accounts.zoho.evil.example']]),
  ],
  [
    'zoho',
    'a host that only begins well',
    (callback) =>
      new Map([...callback, ['accounts-server', 'https://accounts.zoho.eu.evil.example']]),
  ],
  ['shopify', 'no signature', without('hmac')],
  [
    'shopify',
    'a parameter that was changed after signing',
    (callback) => new Map([...callback, ['host', 'ZXZpbA']]),
  ],
  [
    'shopify',
    'another shop of the same app, well signed',
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

test.each(FORGED)('%s: a callback with %s redeems no code', async (id, _, forge) => {
  const dialect = dialects[id]
  if (dialect === undefined) throw new Error('no such dialect')
  await using stage = await openContractStage(id, dialect)
  const home = await walk(stage, { onTheWay: forge })
  expect(home.searchParams.get('error')).toBe('internal')
  const posts = stage.vendor.requests.filter(({ method }) => method === 'POST')
  expect(posts.map(({ address }) => address)).toEqual([])
})

function without(name: string) {
  return (callback: Callback): Callback =>
    new Map([...callback].filter(([parameter]) => parameter !== name))
}

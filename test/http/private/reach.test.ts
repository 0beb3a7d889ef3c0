import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { PERMISSIONS } from '../../../src/core/base/access.ts'
import type { Endpoint } from '../../../src/http/private/endpoint.ts'
import { privateEndpoints } from '../../../src/http/private/private-endpoints.ts'
import type { Answered, Question } from '../support/ask.ts'
import { acme, odd, openVaultApi, type VaultApi } from '../support/vault-api.ts'
import { type Kind, MEANINGS, type Named, fieldsOf } from './reach-fields.ts'

// Generated from the route table, for every field that names a thing and every kind of narrowed
// key: a thing of another tenant is answered like a thing that does not exist.

type Fields = Readonly<Record<string, unknown>>

type Request = { readonly params?: Fields; readonly query?: Fields; readonly body?: Fields }
let count = 0
const fresh = (name: string): string => `${name}-${++count}`
const newUsers: string[] = []
const newUser = (): string => newUsers[newUsers.push(fresh('a:new')) - 1] ?? ''
const tokens = () => ({ accessToken: fresh('at'), refreshToken: fresh('rt'), scope: [] })
const handedIn = () => ({ userId: newUser(), provider: 'acme', ...tokens() })
const named = { userId: 'a:ann', provider: 'acme' }

/** A request to every route that names nothing of another tenant. */
const CASES: Readonly<Record<string, () => Request>> = {
  listConnections: () => ({}),
  importConnection: () => ({ body: handedIn() }),
  importConnections: () => ({ body: { items: [handedIn()] } }),
  getConnection: () => ({ params: { id: mine.connection } }),
  deleteConnection: () => ({ params: { id: mine.connection } }),
  updateConnection: () => ({ params: { id: mine.connection }, body: { label: 'mine' } }),
  refreshConnection: () => ({ params: { id: mine.connection } }),
  getConnectionToken: () => ({ params: { id: mine.connection } }),
  getUserToken: () => ({ params: named }),
  listUserConnections: () => ({ params: { userId: 'a:ann' } }),
  importUserConnection: () => ({ params: { ...named, userId: newUser() }, body: tokens() }),
  getUserConnection: () => ({ params: named }),
  deleteUserConnection: () => ({ params: { ...named, userId: 'a:nobody' } }),
  deleteUser: () => ({ params: { userId: 'a:nobody' } }),
  createLink: () => ({ body: named }),
  createUserLink: () => ({ params: named, body: {} }),
  getLink: () => ({ params: { id: mine.link } }),
  withdrawLink: () => ({ params: { id: mine.link } }),
  confirmLink: () => ({ params: { id: mine.link }, body: { userId: 'a:ann', completion: 'x' } }),
  beginAuthorization: () => ({ body: { ...named, callbackUrl: 'https://app.example.com/oauth' } }),
  completeAuthorization: () => ({ body: { userId: 'a:ann', state: 'unknown', code: 'x' } }),
  listEvents: () => ({}),
  listProviders: () => ({}),
  getLiveness: () => ({}),
  getReadiness: () => ({}),
  getHealth: () => ({}),
  getMetrics: () => ({}),
  getOpenApi: () => ({}),
  listWebhooks: () => ({}),
  enableWebhook: () => ({ params: { id: 'crm' } }),
  replayWebhook: () => ({ params: { id: 'crm' }, body: { after: '0' } }),
  listKeys: () => ({}),
  createKey: () => ({ body: { name: 'more', permissions: ['tokens:read'] } }),
  revokeKey: () => ({ params: { id: mine.key } }),
}

test('every route has a case, and every field has a kind', () => {
  const ids = privateEndpoints.map(({ id }) => id)
  expect(Object.keys(CASES).toSorted()).toEqual(ids.toSorted())
  const unknown = privateEndpoints.flatMap((endpoint) =>
    fieldsOf(endpoint).flatMap(({ name, meaning }) => (meaning ? [] : [`${endpoint.id}.${name}`])),
  )
  expect(unknown).toEqual([])
})

type Things = Readonly<Partial<Record<Kind, unknown>>> & {
  /** Texts that no answer may contain. */
  readonly hidden: readonly string[]
}

type Narrowed = Readonly<Record<string, unknown>>

/** Of user `b:bob` at acme, and of `c:carl` at odd. */
let ofBob: Things

let ofCarl: Things
let mine: { readonly connection: string; readonly link: string; readonly key: string }
let api: VaultApi
const headers: Record<string, Question['headers']> = {}

const KEYS: readonly {
  readonly name: string
  readonly narrowed: Narrowed
  readonly theirs: () => readonly Things[]
}[] = [
  { name: 'a user prefix', narrowed: { userIdPrefix: 'a:' }, theirs: () => [ofBob] },
  { name: 'providers', narrowed: { providers: ['acme'] }, theirs: () => [ofCarl] },
  {
    name: 'a user prefix and providers',
    narrowed: { userIdPrefix: 'a:', providers: ['acme'] },
    theirs: () => [ofBob, ofCarl],
  },
]

/** A key with all permissions, and one for each permission alone. */
const GRANTED = [[...PERMISSIONS], ...PERMISSIONS.map((one) => [one])]

beforeAll(async () => {
  api = await openVaultApi()
  // Values that differ by chance say nothing about the request.
  Object.assign(api.ports, { random: { ...api.ports.random, fraction: () => 0.5 } })
  const providers = api.ports.providers as unknown as Map<string, typeof acme>
  // An account that is connected already, because a link for it could warn.
  for (const one of [acme, odd]) {
    providers.set(one.id, { ...one, refresh: { ...one.refresh, grantsPerAccount: 1 } })
  }
  ofBob = await thingsOf('b:bob', 'acme')
  // A key for one provider reaches every user there, so it may see the user's id.
  const { user: _, ...things } = await thingsOf('c:carl', 'odd')
  ofCarl = { ...things, provider: 'odd', providers: ['odd'] }
  const { connection, link, key } = await thingsOf('a:ann', 'acme')
  mine = { connection: String(connection), link: String(link), key: String(key) }
  for (const { name, narrowed } of KEYS) {
    for (const permissions of GRANTED) {
      const { json } = await root('POST', '/v1/keys', { name, permissions, ...narrowed })
      headers[`${name} ${permissions.join()}`] = { authorization: `Bearer ${String(json['key'])}` }
    }
  }
})

afterAll(() => api[Symbol.asyncDispose]())

/** Makes ids unique, so that an import of one test does not affect another. */
afterEach(async () => {
  for (const user of newUsers.splice(0)) await root('DELETE', `/v1/users/${user}`)
})

function root(method: string, path: string, body?: unknown): Promise<Answered> {
  return api.askUnchecked({ method, path, body })
}

async function thingsOf(userId: string, provider: string): Promise<Things> {
  const of = { userId, provider }
  const account = fresh('account')
  const label = `label of ${userId}`
  const made = await root('POST', '/v1/connections', {
    ...of,
    ...tokens(),
    accountId: account,
    label,
  })
  const link = await root('POST', '/v1/connect-links', of)
  const callbackUrl = 'https://app.example.com/oauth'
  const flow = await root('POST', '/v1/authorizations', { ...of, callbackUrl })
  const key = await root('POST', '/v1/keys', { name: 'some', permissions: ['tokens:read'] })
  const connection = String(made.json['id'])
  const hidden = [userId, label, connection, String(link.json['id'])]
  const ids = { connection, link: link.json['id'], key: key.json['id'] }
  const state = String(flow.json['state'])
  return { user: userId, account, flow: state, callback: `code=x&state=${state}`, ...ids, hidden }
}

/** A value of the same form that sorts next to it. */
function absent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absent)
  const text = String(value)
  return text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')
}

function questionOf({ method, path }: Endpoint, { params, query, body }: Request): Question {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    return encodeURIComponent(String(params?.[name]))
  })
  const search = new URLSearchParams(query as Record<string, string>).toString()
  return { method: method.toUpperCase(), path: search ? `${filled}?${search}` : filled, body }
}

/** Removes ids, secrets and times that are made for each answer. */
function comparable({ status, text }: Answered, asked: unknown): string {
  const values = Array.isArray(asked) ? asked : [asked]
  const told = values.reduce<string>((rest, one) => rest.replaceAll(String(one), '<asked>'), text)
  const plain = told
    .replaceAll(/"requestId":"[^"]*"/g, '"requestId":"<id>"')
    .replaceAll(/\b(con|lnk|key|evt)_[0-9a-z]{26}\b/g, '<id>')
    .replaceAll(/\b(a:new|at|rt)-\d+/g, '<new>')
    .replaceAll(/"tokenId":"[^"]*"/g, '"tokenId":"<id>"')
    .replaceAll(/(connect\/|state=|"state":")[\w-]{43}/g, '$1<secret>')
    .replaceAll(/"key":"[^"]*"/g, '"key":"<secret>"')
  return `${status} ${plain}`
}

function withField(
  request: Request,
  { place, name }: Pick<Named, 'place' | 'name'>,
  value: unknown,
) {
  const others = Object.entries(request[place] ?? {}).filter(
    ([other]) => !INSTEAD_OF[name]?.includes(other),
  )
  return { ...request, [place]: { ...Object.fromEntries(others), [name]: value } }
}

/** Fields that a request gives instead of others. */
const INSTEAD_OF: Readonly<Record<string, readonly string[]>> = {
  providers: ['provider'],
  callback: ['state', 'code'],
}

function variants(endpoint: Endpoint, thing: (kind: Kind) => unknown) {
  const make = CASES[endpoint.id]
  if (make === undefined) throw new Error(`${endpoint.id} has no case`)
  const lines = privateEndpoints.find(({ id }) => id === 'importConnection')
  return fieldsOf(endpoint).flatMap((field) => {
    const { meaning } = field
    if (meaning === undefined || meaning === 'plain') return []
    if (meaning !== 'items') {
      const value = thing(meaning)
      if (value === undefined) return []
      return [{ value, with: (given: unknown) => withField(make(), field, given) }]
    }
    return Object.keys(lines?.body.shape ?? {}).flatMap((name) => {
      const inner = MEANINGS[name] as Kind | 'plain'
      const value = inner === 'plain' ? undefined : thing(inner)
      if (value === undefined) return []
      return [
        {
          value,
          with: (given: unknown) => ({ body: { items: [{ ...handedIn(), [name]: given }] } }),
        },
      ]
    })
  })
}

describe.each(KEYS)('a key that is narrowed to $name', ({ name, theirs }) => {
  test.each(privateEndpoints.map((endpoint) => [endpoint.id, endpoint] as const))(
    "an object out of a narrowed key's reach gives the same answer as a missing object: %s",
    async (_, endpoint) => {
      const before = await everythingOfOthers()
      for (const permissions of GRANTED) {
        const key = headers[`${name} ${permissions.join()}`]
        const ask = (request: Request) =>
          api.askUnchecked({ ...questionOf(endpoint, request), ...(key && { headers: key }) })
        for (const things of theirs()) {
          for (const variant of variants(endpoint, (kind) => things[kind])) {
            const none = absent(variant.value)
            const [given, other] = [
              await ask(variant.with(variant.value)),
              await ask(variant.with(none)),
            ]
            const told = comparable(given, variant.value)
            expect(told).toBe(comparable(other, none))
            reveals(told)
          }
        }
        // A list names nothing, so it must show only what the key reaches.
        if (endpoint.method === 'get') reveals((await ask(CASES[endpoint.id]?.() ?? {})).text)
      }
      expect(await everythingOfOthers()).toBe(before)
    },
  )

  function reveals(text: string): void {
    const hidden = theirs().flatMap((things) => things.hidden)
    expect(hidden.filter((one) => text.includes(one))).toEqual([])
  }
})

/** What the operator sees of the other tenants. */
async function everythingOfOthers(): Promise<string> {
  const all = []
  for (const { connection, link } of [ofBob, ofCarl]) {
    all.push((await root('GET', `/v1/connections/${String(connection)}`)).text)
    all.push((await root('GET', `/v1/connections/${String(connection)}/token`)).text)
    all.push((await root('GET', `/v1/connect-links/${String(link)}`)).text)
  }
  return all.join('\n').replaceAll(/"expiresInSeconds":\d+/g, '')
}

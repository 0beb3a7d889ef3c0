import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { connectionEvent } from '../../../src/core/events/event.ts'
import type { ConnectionId, UserId } from '../../../src/core/base/ids.ts'
import { makeConnection } from '../../support/make-connection.ts'
import { openVaultApi, type VaultApi } from '../support/vault-api.ts'

const MOST_BYTES = 4_000_000
const CONNECTIONS = 1_000
const METADATA = { note: 'x'.repeat(16_000) }

let api: VaultApi

beforeEach(async () => {
  api = await openVaultApi()
})

afterEach(() => api[Symbol.asyncDispose]())

describe('a page of 1,000 connections with 16,000 characters of metadata', () => {
  beforeEach(async () => {
    for (let i = 0; i < CONNECTIONS; i++) {
      const connection = makeConnection({
        id: `con_${String(i).padStart(26, '0')}` as ConnectionId,
        userId: (i % 2 === 0 ? 'ann' : 'ben') as UserId,
        metadata: METADATA,
      })
      await api.ports.store.write(async (trx) => {
        await trx.insertConnection(connection)
        await trx.appendEvent(connectionEvent('connection.created', connection, null), api.now)
      })
    }
  })

  test.each([
    ['/v1/events?limit=1000', 'after', CONNECTIONS],
    ['/v1/connections?limit=500', 'cursor', CONNECTIONS],
    ['/v1/connections?limit=500&userId=ann', 'cursor', CONNECTIONS / 2],
  ])('a page of large entries is bounded in bytes: %s', async (path, parameter, count) => {
    const pages = await readAll(path, parameter)
    expect(pages.flatMap(({ ids }) => ids).length).toBe(count)
    expect(new Set(pages.flatMap(({ ids }) => ids)).size).toBe(count)
    expect(Math.max(...pages.map(({ bytes }) => bytes))).toBeLessThan(MOST_BYTES)
    expect(pages.length).toBeLessThan(count / 20)
  })

  test("the list of a user's connections ends at five megabytes, and GET /v1/connections has the rest", async () => {
    const { json } = await api.ask({ path: '/v1/users/ann/oauth' })
    const first = (json['items'] as readonly { readonly id: string }[]).map(({ id }) => id)
    expect(JSON.stringify(json).length).toBeLessThan(6_000_000)
    const rest = await readAll('/v1/connections?userId=ann', 'cursor', json['nextCursor'] as string)
    const all = [...first, ...rest.flatMap(({ ids }) => ids)]
    expect(all).toHaveLength(CONNECTIONS / 2)
    expect(new Set(all).size).toBe(CONNECTIONS / 2)
  })
}, 60_000)

test('an event or connection larger than a page gets its own page', async () => {
  const connection = makeConnection({ metadata: { note: '\u{1f511}'.repeat(400_000) } })
  await api.ports.store.write(async (trx) => {
    await trx.insertConnection(connection)
    await trx.appendEvent(connectionEvent('connection.created', connection, null), api.now)
    await trx.appendEvent(connectionEvent('connection.created', connection, null), api.now)
  })
  const pages = await readAll('/v1/events', 'after')
  expect(pages.map(({ ids }) => ids.length)).toEqual([1, 1, 0])
  expect((await readAll('/v1/connections', 'cursor')).map(({ ids }) => ids.length)).toEqual([1])
})

describe('a key narrowed to one tenant, after 20,000 events of others', () => {
  let headers: { authorization: string }

  beforeEach(async () => {
    const body = { name: 'tenant', permissions: ['events:read'], userIdPrefix: 'tenant-a:' }
    const made = await api.ask({ method: 'POST', path: '/v1/keys', body })
    headers = { authorization: `Bearer ${String(made.json['key'])}` }
    await append('tenant-b:1', 20_000)
  })

  test('a narrowed key skips the events of other tenants once, and then reads only new events', async () => {
    const first = await poll('0')
    expect(first).toEqual({ users: [], next: '20000' })
    await append('tenant-b:1', 1)
    await append('tenant-a:1', 1)
    expect(await poll(first.next)).toEqual({ users: ['tenant-a:1'], next: '20002' })
    expect(await poll('20002')).toEqual({ users: [], next: '20002' })
  })

  test('each poll of a narrowed key does bounded work, and progresses past any number of events', async () => {
    await append('tenant-b:1', 10_000)
    await append('tenant-a:1', 1)
    const first = await poll('0')
    expect(first.users).toEqual([])
    expect(Number(first.next)).toBeLessThan(30_000)
    expect(await poll(first.next)).toEqual({ users: ['tenant-a:1'], next: '30001' })
  })

  async function poll(after: string) {
    const { json } = await api.ask({ path: `/v1/events?after=${after}`, headers })
    const items = json['items'] as readonly { data: { connection: { userId: string } } }[]
    return {
      users: items.map(({ data }) => data.connection.userId),
      next: json['nextCursor'] as string,
    }
  }
}, 60_000)

async function append(userId: string, count: number): Promise<void> {
  const connection = makeConnection({ userId: userId as UserId })
  const event = connectionEvent('connection.created', connection, null)
  await api.ports.store.write(async (trx) => {
    for (let i = 0; i < count; i++) await trx.appendEvent(event, api.now)
  })
}

/** Follows the cursor to the end. */
async function readAll(path: string, parameter: string, from: string | null = null) {
  const pages: { ids: readonly string[]; bytes: number }[] = []
  let cursor = from
  for (;;) {
    const joint = path.includes('?') ? '&' : '?'
    const here: string = cursor === null ? path : `${path}${joint}${parameter}=${cursor}`
    const { json } = await api.ask({ path: here })
    const items = json['items'] as readonly { readonly id: string }[]
    pages.push({ ids: items.map(({ id }) => id), bytes: JSON.stringify(json).length })
    const next = json['nextCursor'] as string | null
    if (next === null || next === cursor) return pages
    cursor = next
  }
}

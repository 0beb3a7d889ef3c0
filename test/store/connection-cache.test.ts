import { describe, expect, test } from 'vitest'
import type { ProviderId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import { ConnectionCache, type Loaded } from '../../src/store/cache/connection-cache.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'

const USER = 'user-1' as UserId
const ACME = 'acme' as ProviderId

describe.each(databases)('the connection cache before $name', ({ open, behind }) => {
  test('the cache of connections returns the same object without a query until the row is written', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    const first = await store.connection(idOf(1))
    // A change that bypasses the store shows that the second read made no query.
    await behind(vault, (db) => db.updateTable('connections').set({ due_at: 7 }).execute())
    expect(await store.connection(idOf(1))).toBe(first)
    await store.write(async (trx) => {
      const seen = await trx.connection(idOf(1))
      if (seen) await trx.saveConnection(seen, { ...seen, label: 'new' })
    })
    expect(await store.connection(idOf(1))).toMatchObject({ label: 'new', dueAt: 7 })
  })

  test("a user's connections come from the cache as the same objects that a read by id returns", async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    const alone = await store.connection(idOf(1))
    await store.write((trx) => trx.insertConnection(made(2)))
    const list = await store.connectionsOf(USER, ACME)
    expect(list).toHaveLength(2)
    expect(list[0]).toBe(alone)
    expect(await store.connection(idOf(2))).toBe(list[1])
    const again = await store.connectionsOf(USER, ACME)
    expect(again).toHaveLength(2)
    expect(again.every((member, at) => member === list[at])).toBe(true)
  })

  const changes: readonly (readonly [
    string,
    (store: Vault['store']) => Promise<unknown>,
    readonly number[],
  ])[] = [
    ['a new connection', (store) => store.write((trx) => trx.insertConnection(made(3))), [1, 2, 3]],
    ['a deleted connection', (store) => store.write((trx) => trx.removeConnection(idOf(1))), [2]],
    [
      'a promoted draft',
      (store) =>
        store.write(async (trx) => {
          const draft = await trx.connection(idOf(9))
          if (draft) await trx.saveConnection(draft, { ...draft, draft: null })
        }),
      [1, 2, 9],
    ],
  ]

  test.each(changes)('the cached list of a user changes with %s', async (_, change, expected) => {
    await using vault = await open()
    const { store } = vault
    await store.write(async (trx) => {
      for (const n of [1, 2]) await trx.insertConnection(made(n))
      await trx.insertConnection(made(9, { draft: { replaces: null } }))
    })
    await store.connectionsOf(USER, ACME)
    await change(store)
    const ids = (await store.connectionsOf(USER, ACME)).map(({ id }) => id)
    expect(ids).toEqual(expected.map(idOf))
  })

  test('a write evicts only the connections that it wrote', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write(async (trx) => {
      for (const n of [1, 2]) await trx.insertConnection(made(n))
    })
    const [, second] = await store.connectionsOf(USER, ACME)
    await store.write((trx) => trx.removeConnection(idOf(1)))
    expect(await store.connection(idOf(2))).toBe(second)
  })

  test('the cache never shows a change that is not committed yet or was rolled back', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    const before = await store.connection(idOf(1))
    const [written, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const failing = store.write(async (trx) => {
      const own = await trx.connection(idOf(1))
      if (own) await trx.saveConnection(own, { ...own, label: 'never' })
      expect(await trx.connection(idOf(1))).toMatchObject({ label: 'never' })
      written.resolve()
      await seen.promise
      throw new Error('rolled back')
    })
    await written.promise
    expect(await store.connection(idOf(1))).toBe(before)
    seen.resolve()
    await expect(failing).rejects.toThrow('rolled back')
    expect(await store.connection(idOf(1))).toMatchObject({ label: null })
  })

  test('a read of a connection or a list does not wait for a running write', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const writing = store.write(async () => {
      begun.resolve()
      await end.promise
    })
    await begun.promise
    expect(await store.connection(idOf(1))).toMatchObject({ id: idOf(1) })
    expect(await store.connectionsOf(USER, ACME)).toHaveLength(1)
    end.resolve()
    await writing
  })

  test('the cache is never older than a finished write, in any order of reads and writes', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    for (let round = 0; round < 200; round++) {
      const label = `round ${round}`
      const reads: Promise<unknown>[] = []
      for (let i = 0; i < round % 7; i++) {
        reads.push(store.connection(idOf(1)), store.connectionsOf(USER, ACME))
        await Promise.resolve()
      }
      const writing = store.write(async (trx) => {
        const seen = await trx.connection(idOf(1))
        if (seen) await trx.saveConnection(seen, { ...seen, label })
      })
      for (let i = 0; i < round % 11; i++) await Promise.resolve()
      reads.push(store.connectionsOf(USER, ACME), store.connection(idOf(1)))
      await writing
      await Promise.all(reads)
      expect(await store.connection(idOf(1))).toMatchObject({ label })
      expect(await store.connectionsOf(USER, ACME)).toMatchObject([{ label }])
    }
  })

  test('the cache stays within its limit of bytes', async () => {
    await using vault = await open({ cacheBytes: 200_000 })
    const { store } = vault
    const token = makeToken({ secret: new Secret('x'.repeat(20_000)) })
    const ids = Array.from({ length: 20 }, (_, i) => idOf(i))
    await store.write(async (trx) => {
      for (const id of ids)
        await trx.insertConnection(makeConnection({ id, grant: makeGrant({ token }) }))
    })
    const read: unknown[] = []
    for (const id of ids) {
      // A full cache takes a connection at its second read.
      await store.connection(id)
      read.push(await store.connection(id))
    }
    // The newest first: the first miss loads a connection, and that evicts others.
    let held = 0
    while (held < 20 && (await store.connection(idOf(19 - held))) === read[19 - held]) held++
    expect(held).toBeGreaterThan(1)
    expect(held * 20_000).toBeLessThan(200_000)
  })

  test('a cache without room caches nothing, and reads still work', async () => {
    await using vault = await open({ cacheBytes: 1 })
    const { store } = vault
    await store.write((trx) => trx.insertConnection(made(1)))
    const [first] = await store.connectionsOf(USER, ACME)
    const [again] = await store.connectionsOf(USER, ACME)
    expect(again).toMatchObject({ id: idOf(1) })
    expect(again).not.toBe(first)
    expect(await store.connection(idOf(1))).toMatchObject({ id: idOf(1) })
  })

  test('the cache does not remember that a row was missing', async () => {
    await using vault = await open()
    const { store } = vault
    expect(await store.connection(idOf(1))).toBeNull()
    expect(await store.connectionsOf(USER, ACME)).toEqual([])
    await store.write((trx) => trx.insertConnection(made(1)))
    expect(await store.connection(idOf(1))).not.toBeNull()
    expect(await store.connectionsOf(USER, ACME)).toHaveLength(1)
  })
})

test('a cached list refers to connections by id, and does not keep an evicted connection in memory', async () => {
  const cache = new ConnectionCache(1_000)
  const owner = { userId: USER, provider: ACME }
  await cache.loadList(owner, async () => [{ connection: made(1), bytes: 600 }])
  for (let reads = 0; reads < 2; reads++) {
    await cache.load(idOf(2), async () => ({ connection: made(2), bytes: 600 }))
  }
  expect(cache.connectionsOf(USER, ACME)).toBeUndefined()
  const again = made(1)
  await cache.load(idOf(1), async () => ({ connection: again, bytes: 600 }))
  expect(cache.connectionsOf(USER, ACME)?.[0]).toBe(again)
})

test('a connection that is read once does not replace another in a full cache; read twice, it does', async () => {
  const cache = new ConnectionCache(1_000)
  const [first, second] = [made(1), made(2)]
  await cache.load(idOf(1), () => ({ connection: first, bytes: 600 }))
  const load = () => cache.load(idOf(2), () => ({ connection: second, bytes: 600 }))
  expect(await load()).toBe(second)
  expect(cache.connection(idOf(1))).toBe(first)
  expect(cache.connection(idOf(2))).toBeUndefined()
  await load()
  expect(cache.connection(idOf(1))).toBeUndefined()
  expect(cache.connection(idOf(2))).toBe(second)
})

test('a list is cached only if all its connections are', async () => {
  const cache = new ConnectionCache(1_000)
  const [one, two, other] = [1, 2, 3].map((n) => ({ connection: made(n), bytes: 300 }))
  if (!one || !two || !other) throw new Error('three connections are made')
  await cache.load(idOf(3), () => ({ ...other, bytes: 600 }))
  const owner = { userId: USER, provider: ACME }
  expect(await cache.loadList(owner, () => [one, two])).toHaveLength(2)
  cache.evict({ connections: new Set([idOf(3)]), owners: new Set() })
  await cache.load(idOf(2), () => two)
  expect(cache.connection(idOf(1))).toBe(one.connection)
  expect(cache.connection(idOf(2))).toBe(two.connection)
  expect(cache.connectionsOf(USER, ACME)).toBeUndefined()
})

describe('a read that a commit overtakes', () => {
  test('a read that overlaps a commit is returned but not cached, and a later read queries again', async () => {
    const cache = new ConnectionCache(1e6)
    const [old, fresh] = [Promise.withResolvers<Loaded>(), Promise.withResolvers<Loaded>()]
    const first = cache.load(idOf(1), () => old.promise)
    const joined = cache.load(idOf(1), () => Promise.reject(new Error('reads once')))
    cache.evict({ connections: new Set([idOf(1)]), owners: new Set() })
    const second = cache.load(idOf(1), () => fresh.promise)
    const [before, after] = [made(1), made(1, { label: 'after' })]
    old.resolve({ connection: before, bytes: 10 })
    expect(await first).toBe(before)
    expect(await joined).toBe(before)
    expect(cache.connection(idOf(1))).toBeUndefined()
    fresh.resolve({ connection: after, bytes: 10 })
    expect(await second).toBe(after)
    expect(cache.connection(idOf(1))).toBe(after)
  })

  test('a list read that overlaps a commit does not cache the connections of the list', async () => {
    const cache = new ConnectionCache(1e6)
    const rows = Promise.withResolvers<readonly Loaded[]>()
    const reading = cache.loadList({ userId: USER, provider: ACME }, () => rows.promise)
    cache.evict({ connections: new Set([idOf(1)]), owners: new Set() })
    rows.resolve([{ connection: made(1), bytes: 10 }])
    expect(await reading).toHaveLength(1)
    expect(cache.connection(idOf(1))).toBeUndefined()
    expect(cache.connectionsOf(USER, ACME)).toBeUndefined()
  })

  test('a failed read caches nothing', async () => {
    const cache = new ConnectionCache(1e6)
    const failing = cache.load(idOf(1), () => Promise.reject(new Error('no disk')))
    await expect(failing).rejects.toThrow('no disk')
    const loaded = { connection: made(1), bytes: 10 }
    expect(await cache.load(idOf(1), async () => loaded)).toBe(loaded.connection)
  })
})

type Vault = Awaited<ReturnType<(typeof databases)[number]['open']>>

function made(n: number, changes: Parameters<typeof makeConnection>[0] = {}) {
  return makeConnection({ id: idOf(n), ...changes })
}

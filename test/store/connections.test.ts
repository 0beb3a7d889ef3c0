import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type {
  Connection,
  FailureReason,
  LiveConnection,
} from '../../src/core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Among, ConnectionFilter, Store, Whose } from '../../src/ports/store.ts'
import { MADE_AT, makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { anyConnection } from './any-connection.ts'
import { EVERYTHING, idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { reveal } from './reveal.ts'

describe.each(databases)('connections in $name', ({ open }) => {
  test('a connection is read back as it was written, for any values', async () => {
    await using vault = await open({ cacheBytes: 1 })
    await fc.assert(
      fc.asyncProperty(anyConnection, async (connection) => {
        await vault.store.write((trx) => trx.insertConnection(connection))
        const read = await vault.store.connection(connection.id)
        expect(reveal(read)).toEqual(reveal(connection))
        await vault.store.write((trx) => trx.removeConnection(connection.id))
        expect(await vault.store.connection(connection.id)).toBeNull()
      }),
      { numRuns: 150 },
    )
    expect(vault.unreadable).toEqual([])
  })

  test('a connection can be saved with any other values, and is read back as it was saved', async () => {
    await using vault = await open({ cacheBytes: 1 })
    const pair = fc.tuple(anyConnection, anyConnection)
    await fc.assert(
      fc.asyncProperty(pair, async ([before, other]) => {
        const { id, userId, provider, createdAt } = before
        const after = { ...other, id, userId, provider, createdAt }
        await vault.store.write((trx) => trx.insertConnection(before))
        const read = await vault.store.connection(id)
        if (read === null) throw new Error('not inserted')
        await vault.store.write((trx) => trx.saveConnection(read, after))
        expect(reveal(await vault.store.connection(id))).toEqual(reveal(after))
        await vault.store.write((trx) => trx.removeConnection(id))
      }),
      { numRuns: 150 },
    )
    expect(vault.unreadable).toEqual([])
  })

  test('fractional or absurd times of a connection are stored as safe integers', async () => {
    await using vault = await open()
    const token = makeToken({ expiresAt: 1e300 })
    const connection = makeConnection({ dueAt: 1234.5678, grant: makeGrant({ token }) })
    await vault.store.write((trx) => trx.insertConnection(connection))
    const read = (await vault.store.connection(connection.id)) as LiveConnection
    expect(read.dueAt).toBe(1235)
    expect(() => new Date(read.grant.token?.expiresAt ?? Number.NaN).toISOString()).not.toThrow()
  })

  test('a refresh token that a save keeps still opens in the next generation and the next grant', async () => {
    await using vault = await open()
    await vault.store.write((trx) => trx.insertConnection(makeConnection()))
    for (const change of [{ generation: 2 }, { generation: 3 }, { id: 'grt_other' as never }]) {
      const before = (await vault.store.connection(makeConnection().id)) as LiveConnection
      const after = { ...before, grant: { ...before.grant, ...change } }
      await vault.store.write((trx) => trx.saveConnection(before, after))
      const read = (await vault.store.connection(before.id)) as LiveConnection
      expect(read.grant.refreshToken?.open().expose()).toBe('refresh-1')
      expect(read.grant.token?.secret.expose()).toBe('access-1')
    }
  })

  test('connectionsOfAccount finds the connections of an account at one provider, except drafts', async () => {
    await using vault = await open()
    await insert(vault.store, [
      made(1, { userId: 'a' as UserId }),
      made(2, { userId: 'b' as UserId }),
      made(3, { account: { id: 'acc-2', email: null, name: null } }),
      made(4, { provider: 'other' as ProviderId }),
      made(5, { draft: { replaces: null } }),
      made(6, { account: { id: null, email: 'ann@example.com', name: null } }),
    ])
    const found = await vault.store.connectionsOfAccount('acme' as ProviderId, 'acc-1')
    expect(found.map(({ id }) => id)).toEqual([idOf(1), idOf(2)])
  })

  test('perhapsOfAccount finds connections at several providers that may belong to an account, drafts included', async () => {
    await using vault = await open()
    const nobody = { id: null, email: 'ann@example.com', name: null }
    await insert(vault.store, [
      made(1),
      made(2, { account: { id: 'acc-2', email: null, name: null } }),
      made(3, { provider: 'other' as ProviderId }),
      made(4, { draft: { replaces: null } }),
      made(5, { account: nobody }),
      made(6, { provider: 'third' as ProviderId, account: nobody }),
    ])
    const providers = ['acme', 'other'] as ProviderId[]
    const found = async (account: { readonly id: string | null } | null, after = 0, limit = 9) => {
      const page = { after: after === 0 ? null : idOf(after), limit }
      const all = await vault.store.perhapsOfAccount({ providers, account, ...page })
      return all.map(({ id }) => id)
    }
    expect(await found({ id: 'acc-1' })).toEqual([1, 3, 4, 5].map(idOf))
    expect(await found({ id: 'acc-1' }, 1, 2)).toEqual([3, 4].map(idOf))
    expect(await found({ id: null })).toEqual([idOf(5)])
    expect(await found(null, 3)).toEqual([4, 5].map(idOf))
  })

  test("connectionsOf finds a user's connections at one or all providers, except drafts", async () => {
    await using vault = await open()
    await insert(vault.store, [
      made(1),
      made(2, { provider: 'other' as ProviderId }),
      made(3, { userId: 'user-2' as UserId }),
      made(4, { draft: { replaces: idOf(1) } }),
    ])
    const { store } = vault
    const ids = async (provider: string | null): Promise<ConnectionId[]> =>
      (await store.connectionsOf('user-1' as UserId, provider as ProviderId | null)).map(
        ({ id }) => id,
      )
    expect(await ids(null)).toEqual([idOf(1), idOf(2)])
    expect(await ids('other')).toEqual([idOf(2)])
    expect(await ids('none')).toEqual([])
    expect((await store.connection(idOf(4)))?.draft).toEqual({ replaces: idOf(1) })
  })
})

describe.each(databases)('listing connections in $name', ({ open }) => {
  const stock: readonly Connection[] = [
    made(1, { userId: 'a:1' as UserId }),
    made(2, { userId: 'a:2' as UserId, provider: 'other' as ProviderId }),
    made(3, { userId: 'A:1' as UserId }),
    made(4, { userId: 'b_1' as UserId, grant: grantUntil(MADE_AT + 10) }),
    made(5, { userId: 'b%1' as UserId, grant: grantUntil(null) }),
    made(6, { userId: 'a:1' as UserId, draft: { replaces: null } }),
    { ...common(7), status: 'pending', userId: 'bX1' as UserId },
  ]

  const cases: readonly (readonly [string, Partial<ConnectionFilter>, readonly number[]])[] = [
    ['everything but drafts', {}, [1, 2, 3, 4, 5, 7]],
    ['those of a user', { userId: 'a:1' as UserId }, [1]],
    ['those of a provider', { provider: 'other' as ProviderId }, [2]],
    ['those of a status', { status: 'pending' }, [7]],
    ['those that expire before an instant', { expiringBefore: MADE_AT + 11 }, [4]],
    ['none that expires at that very instant', { expiringBefore: MADE_AT + 10 }, []],
    ['those after an id', { after: idOf(4) }, [5, 7]],
    ['at most as many as the limit', { limit: 2 }, [1, 2]],
    ['those within a user id prefix, case-sensitive', { reach: reach(null, 'a:') }, [1, 2]],
    ['those within a prefix that contains _', { reach: reach(null, 'b_') }, [4]],
    ['those within a prefix that contains %', { reach: reach(null, 'b%') }, [5]],
    ['those within a list of providers', { reach: reach(['other', 'third'], null) }, [2]],
    ['none within an empty list of providers', { reach: reach([], null) }, []],
    ['those within both a prefix and a provider', { reach: reach(['acme'], 'a:') }, [1]],
  ]

  test.each(cases)('listConnections returns %s', async (_, filter, expected) => {
    await using vault = await open()
    await insert(vault.store, stock)
    const found = await vault.store.listConnections({ ...EVERYTHING, ...filter })
    expect(found.map(({ id }) => id)).toEqual(expected.map(idOf))
  })

  test('a user id prefix with non-ASCII characters matches exactly', async () => {
    await using vault = await open()
    const users = ['😀é:1', '😀é:2', '😀e:3', '😀']
    await insert(
      vault.store,
      users.map((userId, i) => made(i, { userId: userId as UserId })),
    )
    const found = await vault.store.listConnections({ ...EVERYTHING, reach: reach(null, '😀é:') })
    expect(found.map(({ userId }) => userId)).toEqual(['😀é:1', '😀é:2'])
  })

  test('pages of a listing contain each remaining connection once, although rows change between pages', async () => {
    await using vault = await open()
    const { store } = vault
    const all = Array.from({ length: 40 }, (_, i) => made(i * 2))
    await insert(store, all)
    const seen: ConnectionId[] = []
    for (let after: ConnectionId | null = null, page = 0; ; page++) {
      const items: readonly Connection[] = await store.listConnections({
        ...EVERYTHING,
        after,
        limit: 7,
      })
      const last = items.at(-1)
      if (last === undefined) break
      seen.push(...items.map(({ id }) => id))
      after = last.id
      if (page > 5) continue
      // Delete one that was seen, insert one before and one after the cursor, and change one.
      await insert(store, [made(page * 2 + 1), made(1_000 + page)])
      await store.write(async (trx) => {
        await trx.removeConnection(idOf(page * 2))
        const touched = await trx.connection(last.id)
        if (touched) await trx.saveConnection(touched, { ...touched, updatedAt: MADE_AT + 9_999 })
      })
    }
    const staying = seen.filter((id) => all.some((one) => one.id === id))
    expect(staying).toEqual(all.map(({ id }) => id))
    expect(new Set(seen).size).toBe(seen.length)
  })
})

describe.each(databases)('due connections in $name', ({ open }) => {
  test('dueConnections returns the connections of each provider in order of due time, except those with a running attempt', async () => {
    await using vault = await open()
    const { store } = vault
    await insert(store, [
      made(1, { dueAt: 300 }),
      made(2, { dueAt: 100 }),
      made(3, { dueAt: 200, provider: 'other' as ProviderId }),
      made(4, { dueAt: null }),
      made(5, { dueAt: 301 }),
      made(6, { dueAt: 150, draft: { replaces: null } }),
      made(7, { dueAt: 50 }),
    ])
    const inFlight = (await store.connection(idOf(7))) as LiveConnection
    const lease = { attempt: 'att_1' as never, since: 50, until: 1_000, dueAt: 60 }
    await store.write((trx) => trx.beginAttempt(inFlight, lease, 50))
    const acme = 'acme' as ProviderId
    expect(await store.dueConnections(acme, 300, { among: 'healthy', limit: 10 })).toEqual([
      idOf(2),
      idOf(6),
      idOf(1),
    ])
    expect(await store.dueConnections(acme, 300, { among: 'healthy', limit: 2 })).toEqual([
      idOf(2),
      idOf(6),
    ])
    expect(await store.dueConnections(acme, 300, { among: 'troubled', limit: 10 })).toEqual([])
    // An expired lease delays nothing.
    expect(await store.dueConnections(acme, 1_000, { among: 'healthy', limit: 1 })).toEqual([
      idOf(7),
    ])
  })

  test('dueConnections separates connections with an own client from those with the configured client', async () => {
    await using vault = await open()
    const { store } = vault
    const client = { id: 'theirs', secret: new Secret('s') }
    await insert(store, [
      made(1, { dueAt: 100 }),
      made(2, { dueAt: 200, client }),
      made(3, { dueAt: 300, client: { ...client, secret: null } }),
    ])
    const due = (whose: Whose) =>
      store.dueConnections('acme' as ProviderId, 300, { among: 'healthy', whose, limit: 10 })
    expect(await due('any')).toEqual([idOf(1), idOf(2), idOf(3)])
    expect(await due('own')).toEqual([idOf(2)])
    expect(await due('configured')).toEqual([idOf(1), idOf(3)])
  })

  test('dueConnections separates connections in use, unproven imports and failed refreshes', async () => {
    await using vault = await open()
    const { store } = vault
    await insert(store, [
      { ...made(1), ...failing('unproven'), dueAt: 100 },
      { ...made(2), ...failing('provider_unavailable'), dueAt: 200 },
      made(3, { dueAt: 300 }),
    ])
    const due = (among: Among) =>
      store.dueConnections('acme' as ProviderId, 300, { among, limit: 10 })
    expect(await due('healthy')).toEqual([idOf(3)])
    expect(await due('unproven')).toEqual([idOf(1)])
    expect(await due('troubled')).toEqual([idOf(2)])
    const census = await store.census(1_000)
    expect(census.unproven).toEqual([{ provider: 'acme', count: 1 }])
    // The app does not use an unproven import, so it does not count as overdue.
    expect(census.oldestDue).toEqual([{ provider: 'acme', dueAt: 200 }])
  })

  test('census counts connections by status and reports the longest overdue connection', async () => {
    await using vault = await open()
    const { store } = vault
    const failure = { reason: 'throttled', detail: '', since: 1, attempts: 1 } as const
    await insert(store, [
      made(1, { dueAt: 500 }),
      made(2, { dueAt: 400 }),
      { ...made(3), status: 'failing', failure, dueAt: null },
      made(4, { draft: { replaces: null }, dueAt: 450 }),
      { ...common(5), status: 'pending', provider: 'other' as ProviderId },
    ])
    const { byStatus, ...rest } = await store.census(1_000)
    const counts = byStatus.map(({ provider, status, count }) => `${provider} ${status} ${count}`)
    expect(counts.toSorted()).toEqual(['acme active 2', 'acme failing 1', 'other pending 1'])
    expect(rest).toEqual({
      unproven: [],
      oldestDue: [{ provider: 'acme', dueAt: 400 }],
      revocationsQueued: 0,
    })
    expect((await store.census(399)).oldestDue).toEqual([])
  })
})

describe.each(databases)('hashes of refresh tokens in $name', ({ open }) => {
  test('a connection can be found by its refresh token until the connection is deleted', async () => {
    await using vault = await open()
    const { store } = vault
    await insert(store, [made(1), made(2)])
    const acme = 'acme' as ProviderId
    await store.write((trx) => trx.rememberRefreshToken(made(1), new Secret('r1'), 'arrived'))
    await store.write((trx) => trx.rememberRefreshToken(made(1), new Secret('r2'), 'arrived'))
    const holder = (value: string) => store.holderOfRefreshToken(acme, new Secret(value))
    expect(await holder('r1')).toEqual({ connectionId: idOf(1) })
    expect(await holder('r2')).toEqual({ connectionId: idOf(1) })
    expect(await holder('r3')).toBeNull()
    expect(await store.holderOfRefreshToken('other' as ProviderId, new Secret('r1'))).toBeNull()

    await store.write((trx) => trx.rememberRefreshToken(made(2), new Secret('r2'), 'arrived'))
    expect(await holder('r2')).toEqual({ connectionId: idOf(1) })
    await store.write((trx) => trx.moveRefreshTokens(idOf(1), idOf(2)))
    expect(await holder('r1')).toEqual({ connectionId: idOf(2) })
    await store.write((trx) => trx.removeConnection(idOf(2)))
    expect(await holder('r1')).toBeNull()
  })
})

function made(n: number, changes: Parameters<typeof makeConnection>[0] = {}) {
  return makeConnection({ id: idOf(n), ...changes })
}

/** A connection without the fields that only live ones have. */
function common(n: number) {
  const { grant: _, attempt: __, dueAt: ___, failure: ____, status: _____, ...rest } = made(n)
  return rest
}

function grantUntil(expiresAt: number | null) {
  return makeGrant({ token: makeToken({ expiresAt }) })
}

function reach(providers: readonly string[] | null, userIdPrefix: string | null) {
  return { providers: providers as readonly ProviderId[] | null, userIdPrefix }
}

async function insert(store: Store, connections: readonly Connection[]): Promise<void> {
  await store.write(async (trx) => {
    for (const connection of connections) await trx.insertConnection(connection)
  })
}

function failing(reason: FailureReason) {
  const failure = { reason, detail: '', since: 1, attempts: 0 }
  return { status: 'failing' as const, failure }
}

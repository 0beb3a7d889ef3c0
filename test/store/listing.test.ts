import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import type { ConnectionFilter } from '../../src/ports/store.ts'
import { MADE_AT, makeGrant, makeToken } from '../support/make-connection.ts'
import { EVERYTHING, idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { made, common, insert } from './many-connections.ts'

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

function grantUntil(expiresAt: number | null) {
  return makeGrant({ token: makeToken({ expiresAt }) })
}

function reach(providers: readonly string[] | null, userIdPrefix: string | null) {
  return { providers: providers as readonly ProviderId[] | null, userIdPrefix }
}

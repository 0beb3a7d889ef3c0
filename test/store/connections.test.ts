import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LiveConnection } from '../../src/core/connection/connection.ts'
import type { ConnectionId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { anyConnection } from './any-connection.ts'
import { idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { reveal } from './reveal.ts'
import { made, insert } from './many-connections.ts'

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

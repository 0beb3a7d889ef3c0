import { describe, expect, test } from 'vitest'
import type { Circuit } from '../../src/core/refresh/circuit.ts'
import type { KeyId, ProviderId } from '../../src/core/base/ids.ts'
import type { ApiKey, Store } from '../../src/ports/store.ts'
import { databases } from './databases.ts'
import { makeRevocation } from './make-revocation.ts'
import { reveal } from './reveal.ts'

describe.each(databases)('queued revocations in $name', ({ open }) => {
  test('queued revocations are read back as they were written, the longest overdue first, until removed', async () => {
    await using vault = await open()
    const { store } = vault
    const bare = { client: null, refreshToken: null, params: {}, providerData: {} }
    const queue = [
      makeRevocation('a', { dueAt: 200 }),
      makeRevocation('b', { dueAt: 100, ...bare }),
    ]
    await store.write(async (trx) => {
      for (const revocation of queue) await trx.enqueueRevocation(revocation)
      await trx.enqueueRevocation(makeRevocation('c', { dueAt: 201 }))
    })
    const due = await store.dueRevocations(200, 10)
    expect(reveal(due)).toEqual(reveal(queue.toReversed()))
    expect(await store.dueRevocations(200, 1)).toHaveLength(1)
    expect((await store.census(0)).revocationsQueued).toBe(3)

    const later = makeRevocation('b', { attempts: 4, dueAt: 5_000.5 })
    await store.write((trx) => trx.rescheduleRevocation(later))
    expect(reveal(await store.dueRevocations(200, 10))).toEqual(reveal([queue[0]]))
    const again = (await store.dueRevocations(5_001, 10)).find(({ id }) => id === 'rev_b')
    expect(again).toMatchObject({ attempts: 4, dueAt: 5_001, client: null })
    expect(again?.accessToken?.open().expose()).toBe('access b')

    await store.write((trx) => trx.removeRevocation('rev_a'))
    expect(await store.dueRevocations(200, 10)).toEqual([])
  })
})

describe.each(databases)('API keys in $name', ({ open, behind }) => {
  test('an API key is read back as it was made, and can be revoked once', async () => {
    await using vault = await open()
    const { store } = vault
    const keys = [
      makeKey('a'),
      makeKey('b', { providers: ['acme' as ProviderId], userIdPrefix: 'a:' }),
    ]
    await store.write(async (trx) => {
      for (const key of keys) await trx.insertApiKey(key)
    })
    expect(await allKeys(store)).toEqual(keys)
    const revoke = (id: KeyId) => store.write((trx) => trx.revokeApiKey(id, 99))
    expect(await revoke(idOf('b'))).toEqual({ won: true })
    expect(await revoke(idOf('b'))).toEqual({ won: false })
    expect(await revoke(idOf('c'))).toEqual({ won: false })
    expect(await allKeys(store)).toEqual([keys[0], { ...keys[1], revokedAt: 99 }])
    expect(await store.liveApiKeys()).toEqual([keys[0]])
  })

  test('an attacker who can only write the database cannot create, move or restore an API key', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write(async (trx) => {
      await trx.insertApiKey(makeKey('a', { permissions: ['admin'] }))
      await trx.insertApiKey(makeKey('b', { userIdPrefix: 'a:' }))
      await trx.revokeApiKey(idOf('a'), 99)
    })
    await behind(vault, async (db) => {
      const keys = db.selectFrom('api_keys').selectAll()
      const a = await keys.where('id', '=', idOf('a')).executeTakeFirstOrThrow()
      await db.updateTable('api_keys').set({ revoked_at: null }).where('id', '=', a.id).execute()
      await db
        .updateTable('api_keys')
        .set({ key_blob: a.key_blob })
        .where('id', '=', idOf('b'))
        .execute()
      await db
        .insertInto('api_keys')
        .values({ ...a, id: idOf('c'), revoked_at: null })
        .execute()
    })
    expect(await allKeys(store)).toEqual([])
    expect(vault.unreadable.map(({ id }) => id)).toEqual([idOf('a'), idOf('b'), idOf('c')])
    expect(await store.write((trx) => trx.revokeApiKey(idOf('b'), 100))).toEqual({ won: true })
  })
})

describe.each(databases)('circuits in $name', ({ open }) => {
  test('a circuit is stored by provider and client, and each save replaces the last', async () => {
    await using vault = await open()
    const { store } = vault
    const closed = { provider: 'acme' as ProviderId, client: 'c1', failures: 0, open: null }
    const opened: Circuit = {
      ...closed,
      failures: 5,
      open: { reason: 'throttled', since: 10, until: 20 },
    }
    const other = { ...closed, client: 'c2', failures: 2 }
    for (const circuit of [opened, other, closed, opened]) {
      await store.write((trx) => trx.saveCircuit(circuit))
    }
    expect(await store.circuits()).toEqual([opened, other])
    await store.write((trx) => trx.saveCircuit(closed))
    expect(await store.circuits()).toEqual([closed, other])
  })
})

function idOf(name: string): KeyId {
  return `key_01jd9z0000000000000000000${name}` as KeyId
}

function makeKey(name: string, changes: Partial<ApiKey> = {}): ApiKey {
  return {
    id: idOf(name),
    name: `key ${name}`,
    hash: `hash of ${name}`,
    permissions: ['tokens:read', 'events:read'],
    providers: null,
    userIdPrefix: null,
    createdAt: 1,
    revokedAt: null,
    ...changes,
  }
}

async function allKeys(store: Store): Promise<readonly ApiKey[]> {
  return (await store.apiKeys({ after: null, limit: 100 })).keys
}

import { describe, expect, test } from 'vitest'
import type { FailureReason, LiveConnection } from '../../src/core/connection/connection.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Among, Whose } from '../../src/ports/store.ts'
import { idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { made, common, insert } from './many-connections.ts'

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

  test('hasDue says whether a connection of the provider is due', async () => {
    await using vault = await open()
    const { store } = vault
    await insert(store, [made(1, { dueAt: 300 }), made(2, { dueAt: null })])
    const [acme, other] = ['acme', 'other'] as ProviderId[] as [ProviderId, ProviderId]
    expect(await store.hasDue(acme, 299)).toBe(false)
    expect(await store.hasDue(acme, 300)).toBe(true)
    expect(await store.hasDue(other, 300)).toBe(false)
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

  test('census counts each connection once if there are more than one query reads', async () => {
    await using vault = await open()
    const { store } = vault
    const numbers = Array.from({ length: MORE_THAN_A_QUERY }, (_, n) => n)
    await insert(
      store,
      numbers.map((n) => ({ ...made(n), ...failing('unproven') })),
    )
    const { byStatus, unproven } = await store.census(0)
    const count = MORE_THAN_A_QUERY
    expect(byStatus).toEqual([{ provider: 'acme', status: 'failing', count }])
    expect(unproven).toEqual([{ provider: 'acme', count }])
  })
})

/** `census` reads 5,000 rows in a query. */
const MORE_THAN_A_QUERY = 5_001

function failing(reason: FailureReason) {
  const failure = { reason, detail: '', since: 1, attempts: 0 }
  return { status: 'failing' as const, failure }
}

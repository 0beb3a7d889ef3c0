import { describe, expect, test } from 'vitest'
import { viewEvent } from '../../src/core/events/connection-view.ts'
import { connectionEvent, type VaultEvent } from '../../src/core/events/event.ts'
import type { ProviderId, UserId } from '../../src/core/base/ids.ts'
import type { Store } from '../../src/ports/store.ts'
import type { EventFilter } from '../../src/ports/webhook-store.ts'
import { MADE_AT, makeConnection } from '../support/make-connection.ts'
import { databases } from './databases.ts'

const ALL: EventFilter = { after: 0, limit: 100, reach: { providers: null, userIdPrefix: null } }

describe.each(databases)('events in $name', ({ open }) => {
  test('an event is read back with the body that it had when it was written', async () => {
    await using vault = await open()
    const event = eventOf('a:1', 'acme')
    await vault.store.write((trx) => trx.appendEvent(event, MADE_AT))
    const [stored] = await vault.store.events(ALL)
    expect(stored).toMatchObject({ sequence: 1, type: 'connection.created', createdAt: MADE_AT })
    expect(stored?.id).toMatch(/^evt_[0-9a-z]{26}$/)
    expect(stored?.data).toBe(JSON.stringify(viewEvent(event, MADE_AT)))
  })

  test('event sequences have no gap, even after a rollback', async () => {
    await using vault = await open()
    const { store } = vault
    await append(store, 2)
    const failing = store.write(async (trx) => {
      await trx.appendEvent(eventOf('x', 'acme'), MADE_AT)
      await trx.appendEvent(eventOf('x', 'acme'), MADE_AT)
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    await append(store, 1)
    const parallel = Array.from({ length: 20 }, () => append(store, 3))
    await Promise.all(parallel)
    const sequences = (await store.events(ALL)).map(({ sequence }) => sequence)
    expect(sequences).toEqual(Array.from({ length: 63 }, (_, i) => i + 1))
  })

  test('a rollback removes an event together with its change', async () => {
    await using vault = await open()
    const { store } = vault
    const failing = store.write(async (trx) => {
      await trx.insertConnection(makeConnection())
      await trx.appendEvent(eventOf('x', 'acme'), MADE_AT)
      throw new Error('rolled back')
    })
    await expect(failing).rejects.toThrow('rolled back')
    expect(await store.connection(makeConnection().id)).toBeNull()
    expect(await store.events(ALL)).toEqual([])
  })

  const reaches: readonly (readonly [string, Partial<EventFilter>, readonly number[]])[] = [
    ['all events', {}, [1, 2, 3, 4]],
    ['those after a sequence', { after: 2 }, [3, 4]],
    ['at most as many as the limit', { limit: 2 }, [1, 2]],
    [
      'those of a list of providers',
      { reach: { providers: ['odd' as ProviderId], userIdPrefix: null } },
      [2, 4],
    ],
    ['none for an empty list of providers', { reach: { providers: [], userIdPrefix: null } }, []],
    [
      'those within a user id prefix, and those without a user',
      { reach: { providers: null, userIdPrefix: 'a:' } },
      [1, 2, 4],
    ],
    [
      'a full page within a reach',
      { limit: 1, after: 1, reach: { providers: null, userIdPrefix: 'b:' } },
      [3],
    ],
  ]

  test.each(reaches)('the event list returns %s', async (_, filter, expected) => {
    await using vault = await open()
    const { store } = vault
    const down: VaultEvent = {
      type: 'provider.unavailable',
      provider: 'odd' as ProviderId,
      reason: 'unavailable',
      nextAction: 'retry',
    }
    const all = [eventOf('a:1', 'acme'), eventOf('a:1', 'odd'), eventOf('b:1', 'acme'), down]
    await store.write(async (trx) => {
      for (const event of all) await trx.appendEvent(event, MADE_AT)
    })
    const found = await store.events({ ...ALL, ...filter })
    expect(found.map(({ sequence }) => sequence)).toEqual(expected)
  })
})

function eventOf(userId: string, provider: string): VaultEvent {
  const owner = { userId: userId as UserId, provider: provider as ProviderId }
  return connectionEvent('connection.created', makeConnection(owner), null)
}

async function append(store: Store, count: number): Promise<void> {
  await store.write(async (trx) => {
    for (let i = 0; i < count; i++) await trx.appendEvent(eventOf('a', 'acme'), MADE_AT)
  })
}

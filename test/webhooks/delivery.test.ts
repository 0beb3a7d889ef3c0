import { describe, expect, test } from 'vitest'
import { viewStoredEvent } from '../../src/core/events/connection-view.ts'
import type { VaultEvent } from '../../src/core/events/event.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { makeEndpoint, SECRET } from './make-endpoint.ts'
import { openReceiver, verified } from './receiver.ts'
import { eventFor, openStage } from './stage.ts'
import { tempDir } from './temp-dir.ts'

const down: VaultEvent = {
  type: 'provider.unavailable',
  provider: 'acme' as ProviderId,
  reason: 'unavailable',
  nextAction: 'retry',
}

describe('delivery', () => {
  test('each event is delivered once, in order, with the body of the events route', async () => {
    await using receiver = await openReceiver()
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('ann', 'ann/2', 'ann/3')
    await stage.append(down)
    await stage.deliver()
    await stage.deliver()
    const reach = { providers: null, userIdPrefix: null }
    const stored = await stage.vault.store.events({ after: 0, limit: 10, reach })
    const told = receiver.deliveries.map((delivery) => verified(delivery, SECRET))
    expect(told).toHaveLength(4)
    expect(told).toEqual(expect.arrayContaining(stored.map(viewStoredEvent)))
    expect(receiver.users().filter((user) => user !== 'provider acme')).toEqual([
      'ann',
      'ann/2',
      'ann/3',
    ])
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 0, state: { cursor: 4 } })
  })

  test('a webhook endpoint receives only events after the first start with it in the settings', async () => {
    await using receiver = await openReceiver()
    await using directory = await tempDir()
    {
      await using before = await openStage([], { dataDir: directory.path })
      await before.appendCreated('early')
    }
    await using stage = await openStage([makeEndpoint(receiver.url)], { dataDir: directory.path })
    await stage.appendCreated('late')
    await stage.deliver()
    expect(receiver.users()).toEqual(['late'])
  })

  test('a webhook endpoint receives only events of the types and providers in its settings', async () => {
    await using all = await openReceiver()
    await using few = await openReceiver()
    const types = new Set(['connection.disconnected', 'provider.unavailable'] as const)
    const endpoints = [
      makeEndpoint(all.url, { id: 'all' }),
      makeEndpoint(few.url, { id: 'few', types, providers: new Set(['acme' as ProviderId]) }),
    ]
    await using stage = await openStage(endpoints)
    await stage.append(
      eventFor('connection.created', 'a'),
      eventFor('connection.disconnected', 'b'),
      eventFor('connection.disconnected', 'c', 'odd'),
      { ...down, provider: 'odd' as ProviderId },
      down,
    )
    for (const endpoint of endpoints) await stage.deliver(endpoint)
    expect(all.deliveries).toHaveLength(5)
    expect(few.users()).toEqual(['b', 'provider acme'])
    expect((await stage.listed(endpoints[1]?.id)).behind).toBe(0)
  })

  test('events of many connections are delivered four at a time, in order for each connection', async () => {
    let open = 0
    let most = 0
    await using receiver = await openReceiver(() => (response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        response.writeHead(200).end()
      }, 1)
    })
    await using stage = await openStage([makeEndpoint(receiver.url)])
    const users = Array.from({ length: 300 }, (_, i) => `u${i % 100}/${i}`)
    await stage.appendCreated(...users)
    await stage.deliver()
    const told = receiver.users()
    expect(told.toSorted()).toEqual(users.toSorted())
    for (let i = 0; i < 100; i++) {
      const own = (user: string) => user.startsWith(`u${i}/`)
      expect(told.filter(own)).toEqual(users.filter(own))
    }
    expect(most).toBe(4)
  })
})

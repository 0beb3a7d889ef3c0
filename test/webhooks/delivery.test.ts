import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { viewStoredEvent } from '../../src/core/events/connection-view.ts'
import { StoreError } from '../../src/core/base/errors.ts'
import type { VaultEvent } from '../../src/core/events/event.ts'
import type { ProviderId } from '../../src/core/base/ids.ts'
import type { WebhookId } from '../../src/core/events/webhook.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { enableWebhook } from '../../src/vault/webhooks/enable-webhook.ts'
import { Gate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { makeEndpoint, SECRET } from './make-endpoint.ts'
import { closedPort, openReceiver, verified } from './receiver.ts'
import { DAY, eventFor, HOUR, openStage, SECOND } from './stage.ts'

const MINUTE = 60 * SECOND

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

describe('refused events', () => {
  test('a refused event delays only the events of its own connection, which follow later in order', async () => {
    let isPoisoned = true
    await using receiver = await openReceiver(({ data }) =>
      isPoisoned && data.connection?.userId === 'ann' ? 500 : 204,
    )
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('ann', 'ben', 'ann/2', 'ben/2')
    await stage.deliver()
    await stage.appendCreated('ann/3', 'ben/3')
    await stage.pass(3 * MINUTE, 10 * SECOND)
    expect(receiver.accepted()).toEqual(['ben', 'ben/2', 'ben/3'])
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 1, state: { cursor: 6 } })
    isPoisoned = false
    await stage.pass(5 * MINUTE, MINUTE)
    expect(receiver.accepted()).toEqual(['ben', 'ben/2', 'ben/3', 'ann', 'ann/2', 'ann/3'])
    expect(await stage.listed()).toMatchObject({ held: 0, state: { disabled: null } })
  })

  test('a webhook that refuses some connections’ events for days is not disabled, and its retries become rare', async () => {
    await using receiver = await openReceiver(({ data }) =>
      data.connection?.userId.startsWith('bad') ? 500 : 204,
    )
    await using stage = await openStage([makeEndpoint(receiver.url)])
    const bad = Array.from({ length: 8 }, (_, i) => `bad${i}`)
    await stage.appendCreated(...bad)
    for (let hour = 0; hour < 7 * 24; hour += 12) {
      await stage.appendCreated(`good/${hour}`)
      await stage.pass(12 * HOUR, HOUR)
    }
    expect(receiver.accepted()).toHaveLength(14)
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 8, state: { disabled: null } })
    expect(receiver.deliveries.length).toBeLessThan(8 * 7 * 24 * 1.2)
  })

  test('a webhook that refuses every event is paused after at most eight events, then gets single retries', async () => {
    await using receiver = await openReceiver(() => 500)
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated(...Array.from({ length: 200 }, (_, i) => `u${i}`))
    await stage.deliver()
    const burst = receiver.deliveries.length
    expect(burst).toBeLessThanOrEqual(8)
    await stage.pass(10 * MINUTE, 10 * SECOND)
    expect(receiver.deliveries.length - burst).toBeLessThanOrEqual(8)
    receiver.react = () => 204
    await stage.pass(HOUR, MINUTE)
    expect(new Set(receiver.accepted()).size).toBe(200)
    expect(receiver.accepted()).toHaveLength(200)
  })
})

describe('held events', () => {
  test('held events are retried alternately with new events', async () => {
    await using receiver = await openReceiver(() => 500)
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('first')
    for (let i = 0; i < 20; i++) {
      await stage.appendCreated(`u${i}`)
      await stage.pass(30 * MINUTE, 30 * MINUTE)
    }
    const tries = receiver.users().filter((user) => user === 'first').length
    expect(tries).toBeGreaterThan(1)
    expect((await stage.listed()).held).toBeLessThan(20)
  })

  test('no new event is sent while the events of 500 connections are held', async () => {
    await using receiver = await openReceiver()
    await using stage = await openStage([makeEndpoint(receiver.url)])
    const { store } = stage.vault
    await stage.appendCreated('early')
    await stage.deliver()
    await stage.appendCreated('ann')
    const dueAt = stage.clock.now() + 10 * MINUTE
    const held = Array.from({ length: 500 }, (_, i) => ({
      subject: `con_${i}`,
      sequence: 1,
      attempts: 1,
      dueAt,
      owedFrom: 1,
      lost: 0,
    }))
    await store.write(async (trx) => {
      for (const hold of held) await trx.saveHold('app' as WebhookId, null, hold)
    })
    await stage.deliver()
    expect(receiver.users()).toEqual(['early'])
    await store.write((trx) => trx.saveHold('app' as WebhookId, held[0] ?? null, null))
    await stage.deliver()
    expect(receiver.users()).toEqual(['early', 'ann'])
  })
})

describe('an unavailable receiver', () => {
  test('an unavailable webhook is retried for five days with growing waits, then disabled with an alarm', async () => {
    const port = await closedPort()
    await using stage = await openStage([makeEndpoint(`http://127.0.0.1:${port}/`)])
    await stage.appendCreated('ann', 'ben', 'cat')
    await stage.pass(HOUR, 5 * SECOND)
    const inAnHour = stage.heard('webhookFailed').length
    expect(inAnHour).toBeGreaterThan(8)
    // The first round sends several events at once.
    expect(inAnHour).toBeLessThan(20)
    await stage.pass(4 * DAY, 15 * MINUTE)
    expect((await stage.listed()).state.disabled).toBeNull()
    await stage.pass(DAY, 15 * MINUTE)
    const { state, behind, held } = await stage.listed()
    expect(state).toMatchObject({ disabled: { reason: 'failing' } })
    expect({ behind, held }).toEqual({ behind: 0, held: 3 })
    expect(stage.heard('webhookDisabled')).toEqual([{ webhook: 'app', reason: 'failing' }])
    const tries = stage.heard('webhookFailed').length
    expect(tries).toBeLessThan(24 * 4 * 5)
    await stage.pass(DAY, HOUR)
    expect(stage.heard('webhookFailed')).toHaveLength(tries)
  })

  test('a webhook that is available again receives all events, in order for each connection', async () => {
    await using receiver = await openReceiver(() => 503)
    await using stage = await openStage([makeEndpoint(receiver.url)])
    const users = Array.from({ length: 120 }, (_, i) => `u${i % 7}/${i}`)
    await stage.appendCreated(...users)
    await stage.pass(5 * MINUTE, 5 * SECOND)
    receiver.react = () => 204
    await stage.pass(HOUR, MINUTE)
    const told = receiver.accepted()
    expect(told.toSorted()).toEqual(users.toSorted())
    for (let i = 0; i < 7; i++) {
      const own = (user: string) => user.startsWith(`u${i}/`)
      expect(told.filter(own)).toEqual(users.filter(own))
    }
    expect(await stage.listed()).toMatchObject({ held: 0, behind: 0, state: { failures: 0 } })
  })

  test('twenty restarts do not retry a webhook event before its wait is over', async () => {
    await using receiver = await openReceiver(() => 500)
    await using directory = await tempDir()
    const at = { dataDir: directory.path }
    for (let restart = 0; restart < 20; restart++) {
      await using stage = await openStage([makeEndpoint(receiver.url)], at)
      if (restart === 0) await stage.appendCreated('ann')
      await stage.deliver()
    }
    expect(receiver.deliveries).toHaveLength(1)
  })

  test('a webhook receiver that never answers does not delay other webhooks', async () => {
    await using good = await openReceiver()
    await using hanging = await openReceiver(() => null)
    const endpoints = [
      makeEndpoint(hanging.url, { id: 'hanging' }),
      makeEndpoint(good.url, { id: 'good' }),
    ]
    await using stage = await openStage(endpoints)
    await stage.appendCreated('ann')
    const underWay = stage.deliver(endpoints[0])
    await until('the other hangs', () => hanging.deliveries.length === 1)
    await stage.appendCreated('ben')
    await stage.deliver(endpoints[1])
    expect(good.users()).toEqual(['ann', 'ben'])
    await underWay
    expect(hanging.users()).toEqual(['ann'])
  })
})

describe('an answer 410', () => {
  test('a webhook that answers 410 is disabled with an alarm, and continues where it stopped after it is enabled', async () => {
    await using receiver = await openReceiver(() => 410)
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('ann')
    await stage.deliver()
    expect(stage.heard('webhookDisabled')).toEqual([{ webhook: 'app', reason: 'gone' }])
    receiver.react = () => 204
    await stage.appendCreated('ann/2', 'ben')
    await stage.pass(DAY, HOUR)
    expect(receiver.deliveries).toHaveLength(1)
    expect(await stage.listed()).toMatchObject({ behind: 2, held: 1 })
    const enabled = await enableWebhook(stage.ports, 'app')
    expect(enabled.state.disabled).toBeNull()
    expect(stage.heard('webhookEnabled')).toEqual([{ webhook: 'app' }])
    await stage.deliver()
    expect(receiver.accepted().toSorted()).toEqual(['ann', 'ann/2', 'ben'])
    expect(receiver.accepted().filter((user) => user.startsWith('ann'))).toEqual(['ann', 'ann/2'])
  })
})

describe('delivery at least once', () => {
  test('a delivery whose outcome could not be stored is repeated after its claim expires, with the same id and body', async () => {
    await using receiver = await openReceiver()
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    await stage.appendCreated('ann', 'ann/2')
    const { store } = stage.vault
    let writes = 0
    const dying: typeof store = {
      ...store,
      write: async (work) => {
        // The claim can be written, the outcome cannot.
        return ++writes > 1 ? full() : store.write(work)
      },
    }
    const ports = { ...stage.ports, store: dying }
    await expect(deliverWebhook(ports, endpoint)).rejects.toThrow('disk_full')
    expect(receiver.users()).toEqual(['ann', 'ann/2'])
    await stage.deliver()
    expect(receiver.deliveries).toHaveLength(2)
    stage.clock.pass(MINUTE)
    await stage.deliver()
    expect(receiver.users()).toEqual(['ann', 'ann/2', 'ann', 'ann/2'])
    const [first, , again] = receiver.deliveries
    expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(again?.body).toBe(first?.body)
  })

  test('no webhook event is sent while the database cannot be written', async () => {
    await using receiver = await openReceiver()
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    await stage.appendCreated('ann')
    const ports = { ...stage.ports, store: { ...stage.vault.store, write: full } }
    await expect(deliverWebhook(ports, endpoint)).rejects.toThrow('disk_full')
    expect(receiver.deliveries).toEqual([])
  })

  test('a stop during a delivery leaves the remaining events to the next start', async () => {
    const gate = new Gate('closed')
    await using receiver = await openReceiver(({ data }) => {
      if (data.connection?.userId !== 'ben') return 204
      return (response) => void gate.pass().then(() => response.writeHead(204).end())
    })
    await using directory = await tempDir()
    const at = { dataDir: directory.path }
    {
      await using stage = await openStage([makeEndpoint(receiver.url)], at)
      await stage.appendCreated('ann', 'ben', 'ben/2')
      const underWay = stage.deliver()
      await until('ben hangs', () => gate.waiting === 1)
      stage.webhooks[Symbol.dispose]()
      await underWay
      expect(await stage.listed()).toMatchObject({ held: 1, state: { failures: 0 } })
    }
    gate.open()
    await using stage = await openStage([makeEndpoint(receiver.url)], at)
    await stage.deliver()
    expect(receiver.users()).toEqual(['ann', 'ben', 'ben', 'ben/2'])
  })

  test('a delivery run sends no event whose delivery could outlast the claim of the run', async () => {
    const endpoint = makeEndpoint('http://127.0.0.1:1/')
    await using stage = await openStage([endpoint])
    await stage.appendCreated('ann', 'ann/2', 'ann/3', 'ann/4')
    let told = 0
    const deliver = async () => {
      told++
      stage.clock.pass(15 * SECOND)
      return { kind: 'accepted' } as const
    }
    const ports = { ...stage.ports, webhooks: { endpoints: [endpoint], deliver } }
    expect(await deliverWebhook(ports, endpoint)).toBe(1)
    expect(told).toBe(2)
    expect(await deliverWebhook(ports, endpoint)).toBe(1)
    expect(told).toBe(4)
  })

  test('a second delivery run for the same webhook sends nothing while the first run continues', async () => {
    const gate = new Gate('closed')
    await using receiver = await openReceiver(() => (response) => {
      void gate.pass().then(() => response.writeHead(204).end())
    })
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    await stage.appendCreated('ann')
    const first = deliverWebhook(stage.ports, endpoint)
    await until('one is under way', () => gate.waiting === 1)
    expect(await deliverWebhook(stage.ports, endpoint)).toBe(0)
    gate.open()
    expect(await first).toBe(1)
    expect(receiver.deliveries).toHaveLength(1)
  })
})

function full(): Promise<never> {
  return Promise.reject(new StoreError('disk_full', new Error('full')))
}

async function tempDir() {
  const path = await mkdtemp(join(tmpdir(), 'larder-webhooks-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

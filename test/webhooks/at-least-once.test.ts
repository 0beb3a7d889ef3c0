import { describe, expect, test } from 'vitest'
import { StoreError } from '../../src/core/base/errors.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { Gate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { openReceiver } from './receiver.ts'
import { openStage, SECOND } from './stage.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60 * SECOND

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

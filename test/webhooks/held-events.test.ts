import { describe, expect, test } from 'vitest'
import type { WebhookId } from '../../src/core/events/webhook.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { openReceiver } from './receiver.ts'
import { HOUR, openStage, SECOND } from './stage.ts'

const MINUTE = 60 * SECOND

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

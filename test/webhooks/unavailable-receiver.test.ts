import { describe, expect, test } from 'vitest'
import { enableWebhook } from '../../src/vault/webhooks/enable-webhook.ts'
import { until } from '../support/until.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { closedPort, openReceiver } from './receiver.ts'
import { DAY, HOUR, openStage, SECOND } from './stage.ts'
import { tempDir } from './temp-dir.ts'

const MINUTE = 60 * SECOND

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

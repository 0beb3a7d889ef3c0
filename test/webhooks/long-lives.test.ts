import { describe, expect, test } from 'vitest'
import { jobsOf } from '../../src/jobs/jobs.ts'
import type { Ports } from '../../src/ports/ports.ts'
import { EVENTS_KEPT_MS } from '../../src/store/queries/sweep.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { enableWebhook } from '../../src/vault/webhooks/enable-webhook.ts'
import { ClockFollower } from '../../src/vault/upkeep/follow-clock.ts'
import { Lanes } from '../../src/vault/refresh/lanes.ts'
import { replayWebhook } from '../../src/vault/webhooks/replay-webhook.ts'
import { Gate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { openReceiver } from './receiver.ts'
import { createdFor, eventFor, HOUR, openStage, SECOND, type Stage } from './stage.ts'

const MINUTE = 60 * SECOND

const replayAll = (stage: Stage) =>
  replayWebhook(stage.ports, 'app', { after: { cursor: 0 }, before: null })

describe('a replay of refused events', () => {
  test('a replay ends although the events of 500 connections are refused, and new events follow', async () => {
    await using receiver = await openReceiver(({ data }) =>
      data.connection?.userId.startsWith('bad') ? 500 : 204,
    )
    await using stage = await openStage([makeEndpoint(receiver.url)])
    const users = Array.from({ length: 500 }, (_, i) => [`bad${i}`, `good${i}`]).flat()
    await stage.appendCreated(...users)
    await stage.deliver()
    for (let i = 0; i < 20 && (await stage.listed()).behind > 0; i++) await stage.pass(HOUR, HOUR)
    expect((await stage.listed()).held).toBeGreaterThanOrEqual(500)
    receiver.react = () => 204
    receiver.deliveries.length = 0
    await replayAll(stage)
    await stage.appendCreated('new')
    await stage.pass(2 * HOUR, 10 * MINUTE)
    const accepted = receiver.accepted()
    expect(new Set(accepted)).toEqual(new Set([...users, 'new']))
    // The last events are sent at the same time.
    expect(accepted.slice(-4)).toContain('new')
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 0, state: { replay: null } })
  }, 60_000)

  test('a replay of a range also sends events that were never accepted, each once and in order', async () => {
    await using receiver = await openReceiver(({ data }) =>
      data.connection?.userId === 'a/3' ? 500 : 204,
    )
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('a', 'b', 'a/2', 'a/3', 'a/4')
    await stage.deliver()
    receiver.deliveries.length = 0
    receiver.react = () => 204
    await replayWebhook(stage.ports, 'app', { after: { cursor: 0 }, before: { cursor: 3 } })
    await stage.pass(HOUR, MINUTE)
    const own = receiver.accepted().filter((user) => user !== 'b')
    expect(own).toEqual(['a', 'a/2', 'a/3', 'a/4'])
  })
})

describe('lost events', () => {
  test('no event is reported as lost after a replay of 130 events, one of which was refused', async () => {
    await using receiver = await openReceiver(({ data }) =>
      data.connection?.userId === 'a' ? 500 : 204,
    )
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    await stage.appendCreated('a', ...Array.from({ length: 129 }, (_, i) => `u${i}`))
    await stage.deliver()
    receiver.react = () => 204
    await replayAll(stage)
    await deliverWebhook(stage.ports, endpoint)
    await stage.appendCreated('new')
    await stage.pass(2 * HOUR, MINUTE)
    expect(stage.heard('webhookLost')).toEqual([])
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 0, state: { lost: 0 } })
  })

  test('each event of a held connection that a sweep removes is reported as lost', async () => {
    await using receiver = await openReceiver(({ data }) =>
      data.connection?.userId.startsWith('a') ? 500 : 204,
    )
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('a', 'b', 'a/2', 'a/3', 'a/4')
    await stage.deliver()
    await sweepAll(stage)
    await stage.appendCreated('a/5')
    receiver.react = () => 204
    await stage.pass(HOUR, MINUTE)
    expect(receiver.accepted()).toEqual(['b', 'a/5'])
    expect(stage.heard('webhookLost')).toEqual([{ webhook: 'app', count: 4 }])
    expect(await stage.listed()).toMatchObject({ held: 0, state: { lost: 4 } })
  })

  test('an event that was accepted is not reported as lost if its replay was refused', async () => {
    await using receiver = await openReceiver()
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('a', 'a/2')
    await stage.deliver()
    receiver.react = () => 500
    await replayAll(stage)
    await stage.deliver()
    expect(await stage.listed()).toMatchObject({ held: 1 })
    await stage.appendCreated('a/3')
    await stage.deliver()
    await sweepAll(stage)
    receiver.react = () => 204
    await stage.pass(HOUR, MINUTE)
    expect(stage.heard('webhookLost')).toEqual([{ webhook: 'app', count: 1 }])
  })
})

test('the scan of 20,000 events that the webhook does not want lets other work run', async () => {
  await using receiver = await openReceiver()
  const types = new Set(['connection.deleted'] as const)
  await using stage = await openStage([makeEndpoint(receiver.url, { types })])
  await stage.vault.store.write(async (trx) => {
    const event = createdFor('a')
    for (let i = 0; i < 20_000; i++) await trx.appendEvent(event, stage.clock.now())
  })
  await stage.append(eventFor('connection.deleted', 'a'))
  const ports = stage.ports as unknown as Ports
  const jobs = jobsOf(ports, new ClockFollower(ports, null))
  const delivery = jobs.find(({ name }) => name.startsWith('deliver-webhook'))
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  await delivery?.run(new AbortController().signal)
  clearInterval(counting)
  expect(receiver.users()).toEqual(['a'])
  expect(await stage.listed()).toMatchObject({ behind: 0, state: { lost: 0 } })
  // One turn for each step of the scan, and a few for the request.
  expect(turns).toBeGreaterThan(9)
}, 60_000)

describe('an answer that asks for a pause', () => {
  test.each([
    ['first', ['busy', 'ok', 'ok', 'ok']],
    ['in the middle', ['ok', 'busy', 'ok', 'ok']],
    ['after a failure with a short wait', ['down', 'busy', 'ok', 'ok']],
  ])(
    "among four concurrent answers, a webhook's Retry-After is respected if it comes %s",
    async (_, order) => {
      const answered = order.map(() => new Gate('closed'))
      let arrived = 0
      await using receiver = await openReceiver(() => (response) => {
        const turn = arrived++
        void answered[turn]?.pass().then(() => {
          if (order[turn] === 'busy') return response.writeHead(429, { 'retry-after': '600' }).end()
          return response.writeHead(order[turn] === 'down' ? 503 : 204).end()
        })
      })
      await using stage = await openStage([makeEndpoint(receiver.url)])
      await stage.appendCreated('a', 'b', 'c', 'd')
      const delivering = stage.deliver()
      await until('all four are under way', () => arrived === 4)
      for (const [turn, gate] of answered.entries()) {
        gate.open()
        const ended = () => ends(stage) === turn + 1
        await until(`answer ${turn} is read`, ended)
      }
      await delivering
      receiver.react = () => 204
      await stage.appendCreated('e')
      await stage.pass(9 * MINUTE, 30 * SECOND)
      expect(receiver.deliveries).toHaveLength(4)
      await stage.pass(3 * MINUTE, 30 * SECOND)
      expect(receiver.users()).toContain('e')
      expect(await stage.listed()).toMatchObject({ held: 0, state: { failures: 0 } })
    },
  )

  test.each([
    ['503 with a long Retry-After', 503],
    ['410', 410],
  ])(
    'a webhook that the operator enables during a delivery stays enabled if the answer is %s',
    async (_, status) => {
      const gate = new Gate('closed')
      await using receiver = await openReceiver(() => (response) => {
        void gate.pass().then(() => response.writeHead(status, { 'retry-after': '3000' }).end())
      })
      const endpoint = makeEndpoint(receiver.url)
      await using stage = await openStage([endpoint])
      await stage.appendCreated('a')
      const underWay = deliverWebhook(stage.ports, endpoint)
      await until('it is under way', () => gate.waiting === 1)
      await enableWebhook(stage.ports, 'app')
      gate.open()
      await underWay
      expect((await stage.listed()).state).toMatchObject({ failures: 0, dueAt: 0, disabled: null })
      expect(stage.heard('webhookDisabled')).toEqual([])
      receiver.react = () => 204
      await stage.deliver()
      expect(receiver.accepted()).toEqual(['a'])
    },
  )
})

async function setBack(stage: Stage, byMs: number): Promise<void> {
  const traffic = new Lanes(stage.clock, { concurrencyPerProvider: 4, ratePerSecond: 10 }, [])
  const follower = new ClockFollower({ ...stage.ports, traffic }, null)
  stage.clock.shift(-byMs)
  expect(await follower.follow()).toBeGreaterThan(0)
}

function ends(stage: Stage): number {
  return stage.heard('webhookAccepted').length + stage.heard('webhookFailed').length
}

async function sweepAll(stage: Stage): Promise<void> {
  stage.clock.pass(EVENTS_KEPT_MS)
  await stage.vault.store.write((trx) => trx.sweep(stage.clock.now()))
}

describe('a clock set back by 40 minutes', () => {
  const STEP = 40 * MINUTE

  test.each([
    ['a webhook in its pause', 503],
    ['a refused event', 500],
  ])('a clock set back by 40 minutes does not delay the retry of %s', async (_, status) => {
    await using receiver = await openReceiver(() => status)
    await using stage = await openStage([makeEndpoint(receiver.url)])
    await stage.appendCreated('a')
    await stage.deliver()
    await setBack(stage, STEP)
    receiver.react = () => 204
    await stage.pass(15 * SECOND, SECOND)
    expect(receiver.accepted()).toEqual(['a'])
    const { lastFailure } = (await stage.listed()).state
    expect(lastFailure?.at).toBeLessThanOrEqual(stage.clock.now())
  })

  test('a clock set back by 40 minutes during a delivery does not delay the retry', async () => {
    const gate = new Gate('closed')
    await using receiver = await openReceiver(() => (response) => {
      void gate.pass().then(() => response.writeHead(500).end())
    })
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    const past = { dueAt: stage.clock.now() - SECOND, failures: 1, failingSince: stage.clock.now() }
    await stage.vault.store.write(async (trx) => {
      const state = await trx.webhookState(endpoint.id)
      if (state !== null) await trx.saveWebhook({ ...state, ...past })
    })
    await stage.appendCreated('a')
    const underWay = deliverWebhook(stage.ports, endpoint)
    await until('it is under way', () => gate.waiting === 1)
    await setBack(stage, STEP)
    gate.open()
    await underWay
    receiver.react = () => 204
    await stage.pass(30 * SECOND, SECOND)
    expect(receiver.accepted()).toEqual(['a'])
  })

  test('a clock set back by 40 minutes does not delay the retry of an event that was refused before in the same run', async () => {
    const gate = new Gate('closed')
    await using receiver = await openReceiver(({ data }) => {
      if (data.connection?.userId !== 'b') return 503
      return (response) => void gate.pass().then(() => response.writeHead(204).end())
    })
    const endpoint = makeEndpoint(receiver.url)
    await using stage = await openStage([endpoint])
    await stage.appendCreated('a', 'b')
    const underWay = deliverWebhook(stage.ports, endpoint)
    await until('a is refused and b is under way', () => {
      return gate.waiting === 1 && stage.heard('webhookFailed').length === 1
    })
    await setBack(stage, STEP)
    gate.open()
    await underWay
    const { dueAt, failingSince, lastFailure } = (await stage.listed()).state
    const times = [dueAt, failingSince ?? 0, lastFailure?.at ?? 0]
    expect(Math.max(...times)).toBeLessThanOrEqual(stage.clock.now())
    receiver.react = () => 204
    await stage.pass(30 * SECOND, SECOND)
    expect(receiver.accepted()).toEqual(['a'])
  })
})

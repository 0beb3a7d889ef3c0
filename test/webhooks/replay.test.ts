import { describe, expect, test } from 'vitest'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { enableWebhook } from '../../src/vault/webhooks/enable-webhook.ts'
import { replayWebhook } from '../../src/vault/webhooks/replay-webhook.ts'
import { EVENTS_KEPT_MS } from '../../src/store/queries/sweep.ts'
import { Gate } from '../support/gate.ts'
import { until } from '../support/until.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { DAY, HOUR, openStage, SECOND, type Stage } from './stage.ts'

const MINUTE = 60 * SECOND

async function openDelivered(...users: readonly string[]) {
  await using opened = new AsyncDisposableStack()
  const receiver = opened.use(await openReceiver())
  const stage = opened.use(await openStage([makeEndpoint(receiver.url)]))
  await stage.appendCreated(...users)
  await stage.deliver()
  receiver.deliveries.length = 0
  const running = opened.move()
  return { receiver, stage, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

const replay = (stage: Stage, after: number, before: number | null = null) =>
  replayWebhook(stage.ports, 'app', {
    after: { cursor: after },
    before: before === null ? null : { cursor: before },
  })

describe('a replay', () => {
  test.each([
    ['from a cursor to the newest event', 2, null, ['c', 'd', 'e']],
    ['between two cursors', 1, 3, ['b', 'c']],
    ['to a cursor beyond the newest event', 3, 99, ['d', 'e']],
    ['of all events', 0, null, ['a', 'b', 'c', 'd', 'e']],
    ['after the newest event', 5, null, []],
    ['between equal cursors', 2, 2, []],
  ])('a replay %s sends exactly the events of this range', async (_, after, before, expected) => {
    await using delivered = await openDelivered('a', 'b', 'c', 'd', 'e')
    const { receiver, stage } = delivered
    const { state } = await replay(stage, after, before)
    expect(state.replay !== null).toBe(expected.length > 0)
    await stage.deliver()
    expect(receiver.users().toSorted()).toEqual(expected)
    expect(await stage.listed()).toMatchObject({ behind: 0, state: { replay: null, cursor: 5 } })
  })

  test('a replay by time sends the events between the two times', async () => {
    await using delivered = await openDelivered('a')
    const { receiver, stage } = delivered
    stage.clock.pass(HOUR)
    const from = stage.clock.now()
    stage.clock.pass(HOUR)
    await stage.appendCreated('b')
    stage.clock.pass(HOUR)
    const to = stage.clock.now()
    stage.clock.pass(HOUR)
    await stage.appendCreated('c')
    await stage.deliver()
    receiver.deliveries.length = 0
    await replayWebhook(stage.ports, 'app', { after: { at: from }, before: { at: to } })
    await stage.deliver()
    expect(receiver.users()).toEqual(['b'])
    await replayWebhook(stage.ports, 'app', { after: { at: to + DAY }, before: null })
    await stage.deliver()
    expect(receiver.users()).toEqual(['b'])
  })

  test('replayed events are delivered before new events', async () => {
    await using delivered = await openDelivered('a', 'a/2')
    const { receiver, stage } = delivered
    await replay(stage, 0)
    await stage.appendCreated('a/3')
    await stage.deliver()
    expect(receiver.users()).toEqual(['a', 'a/2', 'a/3'])
  })

  test('a replay sends all stored events that the webhook wants, with the same ids', async () => {
    await using receiver = await openReceiver()
    const types = new Set(['connection.deleted'] as const)
    await using stage = await openStage([
      makeEndpoint(receiver.url, { id: 'app' }),
      makeEndpoint(receiver.url, { id: 'picky', types }),
    ])
    await stage.appendCreated('a')
    await stage.deliver()
    await replay(stage, 0)
    await replayWebhook(stage.ports, 'picky', { after: { cursor: 0 }, before: null })
    await stage.deliver()
    await stage.deliver(stage.webhooks.endpoints[1])
    const [first, second, ...none] = receiver.deliveries
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    expect(none).toEqual([])
    stage.clock.pass(EVENTS_KEPT_MS)
    await stage.vault.store.write((trx) => trx.sweep(stage.clock.now()))
    await replay(stage, 0)
    await stage.deliver()
    expect(receiver.deliveries).toHaveLength(2)
    expect((await stage.listed()).state).toMatchObject({ lost: 0, replay: null })
  })

  test('a new replay replaces a running replay, and an empty replay ends it', async () => {
    await using delivered = await openDelivered('a', 'b', 'c')
    const { receiver, stage } = delivered
    await replay(stage, 0)
    await replay(stage, 2)
    await stage.deliver()
    expect(receiver.users()).toEqual(['c'])
    await replay(stage, 0)
    await replay(stage, 0, 0)
    await stage.deliver()
    expect(receiver.users()).toEqual(['c'])
  })

  test('a replay is refused if its range ends before it starts, or its webhook is unknown', async () => {
    await using delivered = await openDelivered('a')
    const { stage } = delivered
    await expect(replay(stage, 3, 2)).rejects.toMatchObject({ code: 'invalid_request' })
    const nobody = replayWebhook(stage.ports, 'nobody', { after: { cursor: 0 }, before: null })
    await expect(nobody).rejects.toMatchObject({ code: 'not_found' })
  })

  test('a replay keeps the order of a held connection’s events', async () => {
    await using delivered = await openDelivered('a', 'a/2', 'b')
    const { receiver, stage } = delivered
    receiver.react = ({ data }) => (data.connection?.userId === 'a/3' ? 500 : 204)
    await stage.appendCreated('a/3', 'a/4', 'b/2')
    await stage.deliver()
    expect(receiver.accepted()).toEqual(['b/2'])
    receiver.deliveries.length = 0
    await replay(stage, 1, 3)
    receiver.react = () => 204
    await stage.pass(HOUR, MINUTE)
    const own = (name: string) => receiver.accepted().filter((user) => user.startsWith(name))
    expect(own('b')).toEqual(['b'])
    // No event is missing, and the last deliveries are in order.
    expect(own('a').slice(-3)).toEqual(['a/2', 'a/3', 'a/4'])
    expect(await stage.listed()).toMatchObject({ held: 0, behind: 0, state: { replay: null } })
  })

  test('a replay that is requested during a delivery runs after it', async () => {
    await using delivered = await openDelivered('a', 'b')
    const { receiver, stage } = delivered
    const [endpoint] = stage.webhooks.endpoints
    if (endpoint === undefined) throw new Error('no endpoint')
    const gate = new Gate('closed')
    receiver.react = () => (response) => {
      void gate.pass().then(() => response.writeHead(500).end())
    }
    await stage.appendCreated('a/2')
    const underWay = deliverWebhook(stage.ports, endpoint)
    await until('the delivery to be open', () => gate.waiting === 1)
    await replay(stage, 0)
    gate.open()
    await underWay
    receiver.react = () => 204
    receiver.deliveries.length = 0
    await stage.pass(10 * MINUTE, MINUTE)
    expect(receiver.users().filter((user) => user.startsWith('a'))).toEqual(['a', 'a/2'])
    expect(receiver.users().filter((user) => user.startsWith('b'))).toEqual(['b'])
  })
})

test('events held during a replay are delivered right after it', async () => {
  await using delivered = await openDelivered('a', 'b')
  const { receiver, stage } = delivered
  receiver.react = ({ data }) => (data.connection?.userId === 'a/2' ? 500 : 204)
  await stage.appendCreated('a/2')
  await stage.deliver()
  receiver.react = () => 204
  await replay(stage, 0)
  await stage.deliver()
  await stage.appendCreated('a/3')
  await stage.deliver()
  expect(receiver.accepted().filter((user) => user.startsWith('a'))).toEqual(['a', 'a/2', 'a/3'])
})

describe('a webhook that is behind', () => {
  test('a webhook that is behind receives the stored events, and events that a sweep removed are counted as lost', async () => {
    await using disabled = await openDisabled()
    const { receiver, stage } = disabled
    await sweepAll(stage)
    await stage.appendCreated('a/3', 'd')
    receiver.react = () => 204
    await enableWebhook(stage.ports, 'app')
    await stage.deliver()
    expect(receiver.accepted().toSorted()).toEqual(['a/3', 'd'])
    // Three events after the cursor, and the held one.
    expect(stage.heard('webhookLost')).toEqual([{ webhook: 'app', count: 4 }])
    expect((await stage.listed()).state.lost).toBe(4)
    await stage.deliver()
    expect(stage.heard('webhookLost')).toHaveLength(1)
    expect((await enableWebhook(stage.ports, 'app')).state.lost).toBe(0)
  })

  test('events that a sweep removes are counted as lost even if no event followed', async () => {
    await using disabled = await openDisabled()
    const { receiver, stage } = disabled
    await sweepAll(stage)
    receiver.react = () => 204
    await enableWebhook(stage.ports, 'app')
    await stage.deliver()
    expect(receiver.accepted()).toEqual([])
    expect(stage.heard('webhookLost')).toEqual([{ webhook: 'app', count: 4 }])
    expect(await stage.listed()).toMatchObject({ behind: 0, held: 0, state: { cursor: 4 } })
  })
})

test('enabling a failing webhook ends its wait', async () => {
  await using receiver = await openReceiver(() => 503)
  await using stage = await openStage([makeEndpoint(receiver.url)])
  await stage.appendCreated('a')
  await stage.pass(HOUR, MINUTE)
  receiver.react = () => 204
  await stage.deliver()
  expect(receiver.accepted()).toEqual([])
  await enableWebhook(stage.ports, 'app')
  await stage.deliver()
  expect(receiver.accepted()).toEqual(['a'])
})

test('the state of a webhook that is not in the settings is kept for 30 days', async () => {
  await using receiver = await openReceiver()
  const endpoint = makeEndpoint(receiver.url)
  await using stage = await openStage([endpoint])
  const { store } = stage.vault
  const known = async () => (await store.webhookStates()).map(({ id }) => id)
  await stage.appendCreated('a')
  stage.clock.pass(29 * DAY)
  await store.write((trx) => trx.keepWebhooks([], stage.clock.now()))
  expect(await known()).toEqual(['app'])
  // Back in the settings before that, it goes on at its cursor.
  await store.write((trx) => trx.keepWebhooks([endpoint.id], stage.clock.now()))
  await stage.deliver()
  expect(receiver.users()).toEqual(['a'])
  stage.clock.pass(30 * DAY)
  await store.write((trx) => trx.keepWebhooks([], stage.clock.now()))
  expect(await known()).toEqual([])
})

async function sweepAll(stage: Stage): Promise<void> {
  stage.clock.pass(EVENTS_KEPT_MS)
  await stage.vault.store.write((trx) => trx.sweep(stage.clock.now()))
}

async function openDisabled(): Promise<{ receiver: Receiver; stage: Stage } & AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const receiver = opened.use(await openReceiver(() => 410))
  const stage = opened.use(await openStage([makeEndpoint(receiver.url)]))
  await stage.appendCreated('a')
  await stage.deliver()
  await stage.appendCreated('a/2', 'b', 'c')
  const running = opened.move()
  return { receiver, stage, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

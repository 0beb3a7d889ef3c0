import { describe, expect, test } from 'vitest'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { type DeliveryOutcome, wants, webhookStatus } from '../../src/core/events/webhook.ts'
import {
  afterDelivery,
  groupBySubject,
  holdAfter,
  maySend,
  type Run,
} from '../../src/core/events/webhook-delivery.ts'
import { makeEvent, makeState } from './make-endpoint.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const DAY = 24 * 3_600_000
/** With the highest jitter, waits are whole steps. */
const at = { now: NOW, fraction: 1 }
const accepted: DeliveryOutcome = { kind: 'accepted' }
const refused: DeliveryOutcome = { kind: 'refused', detail: 'http_500' }
const down: DeliveryOutcome = { kind: 'unavailable', detail: 'deadline', retryAfterMs: null }

describe('the state of a webhook', () => {
  test.each([
    ['waits 5 s', 1, 5],
    ['waits 10 s', 2, 10],
    ['waits 80 s', 5, 80],
    ['waits at most half an hour', 20, 1800],
  ])('an unavailable webhook %s after failure %i', (_, failures, seconds) => {
    const state = afterDelivery(makeState({ failures: failures - 1 }), down, at)
    expect(state).toMatchObject({ failures, dueAt: NOW + seconds * 1000 })
  })

  test('the wait of an unavailable webhook has jitter of up to half', () => {
    const state = afterDelivery(makeState(), down, { now: NOW, fraction: 0 })
    expect(state.dueAt).toBe(NOW + 2_500)
  })

  test('a Retry-After sets the wait of a webhook', () => {
    const busy: DeliveryOutcome = { kind: 'unavailable', detail: 'http_503', retryAfterMs: 60_000 }
    expect(afterDelivery(makeState(), busy, at).dueAt).toBe(NOW + 60_000)
  })

  test('a webhook that refuses events is paused from the fifth failure on', () => {
    let state = makeState()
    for (let i = 0; i < 4; i++) state = afterDelivery(state, refused, at)
    expect(maySend(state, NOW)).toBe(true)
    state = afterDelivery(state, refused, at)
    expect(state).toMatchObject({ failures: 5, dueAt: NOW + 80_000 })
    expect(maySend(state, NOW)).toBe(false)
  })

  test('several concurrent failures of a webhook count as one', () => {
    const once = afterDelivery(makeState(), down, at)
    expect(afterDelivery(once, down, at)).toEqual(once)
  })

  test("an accepted event resets a webhook's failure count and keeps its last failure for display", () => {
    const failing = afterDelivery(makeState(), down, at)
    const later = { ...at, now: failing.dueAt }
    expect(afterDelivery(failing, accepted, later)).toEqual({
      ...makeState(),
      lastAcceptedAt: later.now,
      lastFailure: { at: NOW, detail: 'deadline' },
    })
  })

  test('an answer 410 disables a webhook at once', () => {
    const state = afterDelivery(makeState(), { kind: 'gone' }, at)
    expect(state.disabled).toEqual({ reason: 'gone', at: NOW })
    expect(webhookStatus(state)).toBe('disabled')
    expect(maySend(state, NOW + 365 * DAY)).toBe(false)
  })

  test.each([
    ['is disabled after five days and ten failures', 5 * DAY, 9, true],
    ['is not disabled after five days with fewer failures', 5 * DAY, 8, false],
    ['is not disabled after many failures in less than five days', 5 * DAY - 1, 50, false],
  ])('a failing webhook %s', (_, failingMs, failures, isOff) => {
    const failing = makeState({ failures, failingSince: NOW - failingMs })
    expect(afterDelivery(failing, down, at).disabled !== null).toBe(isOff)
    expect(afterDelivery(failing, refused, at).disabled !== null).toBe(isOff)
  })

  test('a stop of Larder does not change the state of a webhook', () => {
    const state = makeState({ failures: 3, failingSince: NOW })
    expect(afterDelivery(state, { kind: 'stopped' }, at)).toBe(state)
  })
})

describe('the hold of a connection', () => {
  const there = { ...at, position: 12, cursor: 2 }
  const events = [makeEvent(3), makeEvent(7), makeEvent(9)]
  const run: Run = { subject: 'con_a', hold: null, events, next: null }
  const again: Run = {
    ...run,
    hold: { subject: 'con_a', sequence: 3, attempts: 2, dueAt: NOW, owedFrom: 3, lost: 0 },
    next: 12,
  }

  test('no hold of a connection remains if all its events were accepted', () => {
    expect(holdAfter(run, { accepted: 3, end: 'done' }, there)).toBeNull()
  })

  test.each([
    ['a hold starts at the refused event', run, 1, 'failed', 7, 1, 5_000],
    ['a hold starts without a wait at an event that was not tried', run, 1, 'untried', 7, 0, 0],
    [
      'a hold waits longer after another failure of the same event',
      again,
      0,
      'failed',
      3,
      3,
      20_000,
    ],
    ['a hold starts a new count for another event', again, 1, 'failed', 7, 1, 5_000],
    ['a hold keeps its count if nothing was tried', again, 0, 'untried', 3, 2, 0],
    ['a hold moves on to the next event', again, 3, 'done', 12, 0, 0],
  ] as const)('%s', (_, of, count, end, sequence, attempts, waitMs) => {
    const hold = holdAfter(of, { accepted: count, end }, there)
    const owed = { owedFrom: sequence, lost: 0 }
    expect(hold).toEqual({ subject: 'con_a', sequence, attempts, dueAt: NOW + waitMs, ...owed })
  })
})

test('webhook events are grouped by subject, in order', () => {
  const events = [makeEvent(1, 'a'), makeEvent(2, 'b'), makeEvent(3, 'a')]
  const runs = groupBySubject(events).map((run) => [
    run.subject,
    run.events.map(({ sequence }) => sequence),
  ])
  expect(runs).toEqual([
    ['a', [1, 3]],
    ['b', [2]],
  ])
})

test.each([
  ['every event by default', {}, true],
  ['events of a type that it names', { types: new Set(['connection.created'] as const) }, true],
  ['no events of other types', { types: new Set(['connection.deleted'] as const) }, false],
  ['events of a provider that it names', { providers: new Set(['acme' as ProviderId]) }, true],
  ['no events of other providers', { providers: new Set(['odd' as ProviderId]) }, false],
])('a webhook receives %s', (_, filter, expected) => {
  expect(wants({ types: null, providers: null, ...filter }, makeEvent(1))).toBe(expected)
})

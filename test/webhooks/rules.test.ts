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
/** Jitter at its top: waits are whole steps. */
const at = { now: NOW, fraction: 1 }
const accepted: DeliveryOutcome = { kind: 'accepted' }
const refused: DeliveryOutcome = { kind: 'refused', detail: 'http_500' }
const down: DeliveryOutcome = { kind: 'unavailable', detail: 'deadline', retryAfterMs: null }

describe('an endpoint', () => {
  test.each([
    ['rests for 5 s', 1, 5],
    ['twice as long', 2, 10],
    ['and again', 5, 80],
    ['and half an hour in the end', 20, 1800],
  ])('that cannot be reached %s at failure %i', (_, failures, seconds) => {
    const state = afterDelivery(makeState({ failures: failures - 1 }), down, at)
    expect(state).toMatchObject({ failures, dueAt: NOW + seconds * 1000 })
  })

  test('is spread over half of its wait', () => {
    const state = afterDelivery(makeState(), down, { now: NOW, fraction: 0 })
    expect(state.dueAt).toBe(NOW + 2_500)
  })

  test('that says when to come back is believed', () => {
    const busy: DeliveryOutcome = { kind: 'unavailable', detail: 'http_503', retryAfterMs: 60_000 }
    expect(afterDelivery(makeState(), busy, at).dueAt).toBe(NOW + 60_000)
  })

  test('that refuses an event is asked to take others, but not for ever', () => {
    let state = makeState()
    for (let i = 0; i < 4; i++) state = afterDelivery(state, refused, at)
    expect(maySend(state, NOW)).toBe(true)
    state = afterDelivery(state, refused, at)
    expect(state).toMatchObject({ failures: 5, dueAt: NOW + 80_000 })
    expect(maySend(state, NOW)).toBe(false)
  })

  test('that fails several events at once has failed once', () => {
    const once = afterDelivery(makeState(), down, at)
    expect(afterDelivery(once, down, at)).toEqual(once)
  })

  test('that accepts is as if nothing had been, but for what was last', () => {
    const failing = afterDelivery(makeState(), down, at)
    const later = { ...at, now: failing.dueAt }
    expect(afterDelivery(failing, accepted, later)).toEqual({
      ...makeState(),
      lastAcceptedAt: later.now,
      lastFailure: { at: NOW, detail: 'deadline' },
    })
  })

  test('that is gone is switched off at once', () => {
    const state = afterDelivery(makeState(), { kind: 'gone' }, at)
    expect(state.disabled).toEqual({ reason: 'gone', at: NOW })
    expect(webhookStatus(state)).toBe('disabled')
    expect(maySend(state, NOW + 365 * DAY)).toBe(false)
  })

  test.each([
    ['five days and ten failures', 5 * DAY, 9, true],
    ['five days, but few tries', 5 * DAY, 8, false],
    ['many tries, but not for long', 5 * DAY - 1, 50, false],
  ])('is given up after %s', (_, failingMs, failures, isOff) => {
    const failing = makeState({ failures, failingSince: NOW - failingMs })
    expect(afterDelivery(failing, down, at).disabled !== null).toBe(isOff)
    expect(afterDelivery(failing, refused, at).disabled !== null).toBe(isOff)
  })

  test('has done nothing wrong when it is us who stop', () => {
    const state = makeState({ failures: 3, failingSince: NOW })
    expect(afterDelivery(state, { kind: 'stopped' }, at)).toBe(state)
  })
})

describe('a hold', () => {
  const there = { ...at, position: 12, cursor: 2 }
  const events = [makeEvent(3), makeEvent(7), makeEvent(9)]
  const run: Run = { subject: 'con_a', hold: null, events, next: null }
  const again: Run = {
    ...run,
    hold: { subject: 'con_a', sequence: 3, attempts: 2, dueAt: NOW, owedFrom: 3, lost: 0 },
    next: 12,
  }

  test('is not needed where all was accepted', () => {
    expect(holdAfter(run, { accepted: 3, end: 'done' }, there)).toBeNull()
  })

  test.each([
    ['begins at the event that was refused', run, 1, 'failed', 7, 1, 5_000],
    ['begins at an event that was not tried, without a wait', run, 1, 'untried', 7, 0, 0],
    ['waits longer for the same event', again, 0, 'failed', 3, 3, 20_000],
    ['counts anew for another event', again, 1, 'failed', 7, 1, 5_000],
    ['keeps its count where nothing was tried', again, 0, 'untried', 3, 2, 0],
    ['goes on with the events behind', again, 3, 'done', 12, 0, 0],
  ] as const)('%s', (_, of, count, end, sequence, attempts, waitMs) => {
    const hold = holdAfter(of, { accepted: count, end }, there)
    const owed = { owedFrom: sequence, lost: 0 }
    expect(hold).toEqual({ subject: 'con_a', sequence, attempts, dueAt: NOW + waitMs, ...owed })
  })
})

test('events go in runs, each of one subject and in order', () => {
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
  ['everything where nothing is said', {}, true],
  ['a type it names', { types: new Set(['connection.created'] as const) }, true],
  ['no type it does not name', { types: new Set(['connection.deleted'] as const) }, false],
  ['a provider it names', { providers: new Set(['acme' as ProviderId]) }, true],
  ['no provider it does not name', { providers: new Set(['odd' as ProviderId]) }, false],
])('an endpoint wants %s', (_, filter, expected) => {
  expect(wants({ types: null, providers: null, ...filter }, makeEvent(1))).toBe(expected)
})

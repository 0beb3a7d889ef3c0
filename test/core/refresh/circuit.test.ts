import { expect, test } from 'vitest'
import {
  admission,
  afterAnswer,
  type Circuit,
  closedCircuit,
} from '../../../src/core/refresh/circuit.ts'
import type { ConnectionId, ProviderId } from '../../../src/core/base/ids.ts'
import type { AttemptOutcome, RefreshOutcome } from '../../../src/core/refresh/refresh-outcome.ts'

const T0 = 1_000_000
const ONE = 'con_1' as ConnectionId
const closed = closedCircuit('acme' as ProviderId, 'acme/client')
const lost: RefreshOutcome = { kind: 'answer_lost', detail: 'reset', began: false }
const dead: RefreshOutcome = { kind: 'grant_dead', detail: 'invalid_grant' }
const wrongClient: RefreshOutcome = { kind: 'client_config', detail: 'invalid_client' }
const confirmed = {
  kind: 'confirmed',
  account: { id: null, email: null, name: null },
  providerData: {},
} as const
function refused(evidence: 'error' | 'page' | 'none'): RefreshOutcome {
  return { kind: 'unknown_refusal', detail: 'no', evidence }
}
const slow = (retryAfterMs: number | null): RefreshOutcome => ({
  kind: 'throttled',
  detail: '429',
  retryAfterMs,
})

test('a circuit opens at the fifth failure in a row, and any answer resets the count', () => {
  let circuit = after(closed, [lost, lost, lost, lost])
  expect(circuit.open).toBeNull()
  circuit = after(circuit, [dead, lost, lost, lost, lost])
  expect(circuit.open).toBeNull()
  expect(after(circuit, [lost]).open).toEqual({
    reason: 'unavailable',
    since: T0,
    until: T0 + 2_000,
  })
})

test('a circuit opens at once for a refused client, and records the time', () => {
  const circuit = after(closed, [wrongClient])
  expect(circuit.open).toEqual({ reason: 'misconfigured', since: T0, until: T0 + 30_000 })
  expect(admission(circuit, T0 + 29_999)).toBe('held')
  expect(admission(circuit, T0 + 30_000)).toBe('probe')
})

test('only a failed probe doubles the wait of a circuit, up to ten minutes', () => {
  let circuit = after(closed, [wrongClient, wrongClient, wrongClient])
  expect(circuit.open?.until).toBe(T0 + 30_000)
  const waits = []
  for (let i = 0; i < 7; i++) {
    const now: number = circuit.open?.until ?? 0
    circuit = afterAnswer(circuit, wrongClient, { id: ONE, now, fraction: 0 })
    waits.push(((circuit.open?.until ?? 0) - now) / 1000)
  }
  expect(waits).toEqual([60, 120, 240, 480, 600, 600, 600])
  expect(circuit.open?.since).toBe(T0)
})

test.each([
  [null, 5_000],
  [1_000, 5_000],
  [90_000, 90_000],
  [1e12, 3_600_000],
])('a circuit opened by Retry-After %s ms stays open for %d ms', (asked, waited) => {
  expect(after(closed, [slow(asked)]).open?.until).toBe(T0 + waited)
})

test('a longer Retry-After of a later answer lengthens the wait of a circuit', () => {
  expect(after(closed, [slow(60_000), slow(120_000)]).open?.until).toBe(T0 + 120_000)
})

test('a shorter Retry-After of a later answer does not shorten the wait of a circuit', () => {
  expect(after(closed, [slow(120_000), slow(10_000)]).open?.until).toBe(T0 + 120_000)
})

test.each<[string, AttemptOutcome]>([
  ['not_sent', { kind: 'not_sent', detail: 'refused' }],
  ['answer_lost', lost],
  ['provider_failed', { kind: 'provider_failed', detail: '500' }],
  ['answer_unreadable', { kind: 'answer_unreadable', detail: 'no token' }],
  ['unknown_refusal', refused('none')],
  ['client_config', wrongClient],
  ['grant_dead', dead],
  ['confirmed', confirmed],
])('a late answer (%s) does not end the Retry-After of a circuit', (_, outcome) => {
  const held = after(closed, [slow(120_000)])
  expect(after(held, [outcome])).toEqual(held)
})

test('a successful probe closes the circuit once the Retry-After time has passed', () => {
  const held = after(closed, [slow(120_000)])
  expect(afterAnswer(held, confirmed, { id: ONE, now: T0 + 120_000, fraction: 0 })).toEqual(closed)
})

test("if a connection's own parameter sets the address, a fault there does not open the circuit", () => {
  expect(after(closed, [{ ...wrongClient, isOwn: true }])).toEqual(closed)
})

test('an answer about the grant, good or bad, closes the circuit', () => {
  expect(after(after(closed, [wrongClient]), [dead])).toEqual(closed)
})

const error = refused('error')
const page = refused('page')

test('answers that reject a grant with an error object do not open the circuit, and reset its failure count', () => {
  expect(after(closed, many(20, error))).toEqual(closed)
  expect(after(after(closed, many(5, lost)), [error]).open).toBeNull()
})

test('an answer with an error object does not close a circuit that a refused client opened', () => {
  const held = after(closed, [wrongClient])
  expect(after(held, [error])).toEqual(held)
})

test('error pages open the circuit only if five connections get them', () => {
  expect(after(closed, many(20, page)).open).toBeNull()
  const ids = ['a', 'b', 'c', 'd', 'e'] as readonly string[] as readonly ConnectionId[]
  const four = ids.slice(0, 4).reduce((circuit, id) => after(circuit, [page, page], id), closed)
  expect(four.open).toBeNull()
  expect(after(four, [page], ids[4]).open?.reason).toBe('unavailable')
  expect(after(after(four, [confirmed]), [page], ids[4]).open).toBeNull()
})

test('jitter only lengthens the wait of a circuit', () => {
  const circuit = afterAnswer(closed, slow(60_000), { id: ONE, now: T0, fraction: 0.999 })
  expect(circuit.open?.until).toBeGreaterThan(T0 + 60_000)
})

function after(circuit: Circuit, outcomes: readonly AttemptOutcome[], id = ONE): Circuit {
  const at = { id, now: T0, fraction: 0 }
  return outcomes.reduce((c, outcome) => afterAnswer(c, outcome, at), circuit)
}

function many(length: number, outcome: AttemptOutcome): readonly AttemptOutcome[] {
  return Array.from({ length }, () => outcome)
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StoreError } from '../../src/core/base/errors.ts'
import type { StoredEvent } from '../../src/core/events/event.ts'
import type { DeliveryOutcome } from '../../src/core/events/webhook.ts'
import type { Store } from '../../src/ports/store.ts'
import { deliverWebhook } from '../../src/vault/webhooks/deliver-webhook.ts'
import { replayWebhook } from '../../src/vault/webhooks/replay-webhook.ts'
import { makeEndpoint } from './make-endpoint.ts'
import { openStage, SECOND } from './stage.ts'

const SUBJECTS = ['a', 'b', 'c', 'd', 'e']
const WITHIN_MS = 120_000

type Step =
  | { readonly kind: 'tell'; readonly subjects: readonly string[] }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'react'; readonly refuses: readonly string[]; readonly isDown: boolean }
  /** Number of writes that succeed before the store fails, as if the process died. */
  | { readonly kind: 'deliver'; readonly writes: number }
  | { readonly kind: 'replay'; readonly after: number; readonly length: number }

const subject = fc.constantFrom(...SUBJECTS)

const plainStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('tell' as const),
    subjects: fc.array(subject, { minLength: 1, maxLength: 30 }),
  }),
  fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({
    kind: fc.constant('react' as const),
    refuses: fc.uniqueArray(subject, { maxLength: 5 }),
    isDown: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('deliver' as const), writes: fc.integer({ min: 0, max: 8 }) }),
)

const replayStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('replay' as const),
  after: fc.nat({ max: 60 }),
  length: fc.nat({ max: 40 }),
})

test(
  'after any sequence of failures, every event has been accepted, in order for each connection',
  async () => {
    const courses = fc.array(plainStep, { minLength: 5, maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(courses, async (steps) => {
        const { accepted, told } = await run(steps)
        expect(new Set(accepted).size).toBe(told)
      }),
      { numRuns: 40, seed: 1 },
    )
  },
  WITHIN_MS,
)

test(
  'after any sequence of failures, every replayed event has been accepted again',
  async () => {
    const courses = fc.array(fc.oneof(plainStep, plainStep, replayStep), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(courses, async (steps) => {
        const { accepted, told, replayed } = await run(steps)
        expect(new Set(accepted).size).toBe(told)
        if (replayed === null) return
        const since = new Set(accepted.slice(replayed.since))
        for (let n = replayed.after + 1; n <= replayed.until; n++) expect(since).toContain(n)
      }),
      { numRuns: 40, seed: 2 },
    )
  },
  WITHIN_MS,
)

/** Runs the steps on a real store, then lets all deliveries succeed until nothing is left. */
async function run(steps: readonly Step[]) {
  const receiver = new Recorder()
  await using stage = await openStage([makeEndpoint('http://127.0.0.1:1/')])
  const { endpoints } = stage.webhooks
  const deliver = async (_: unknown, event: StoredEvent) => receiver.receive(event)
  const ports = { ...stage.ports, webhooks: { endpoints, deliver } }
  const drain = async (writes: number): Promise<void> => {
    const store = failingAfter(stage.vault.store, writes)
    const [endpoint] = endpoints
    if (endpoint === undefined) return
    while ((await deliverWebhook({ ...ports, store }, endpoint)) > 0);
  }
  let replayed: { after: number; until: number; since: number } | null = null
  for (const step of steps) {
    switch (step.kind) {
      case 'tell':
        await stage.appendCreated(...step.subjects)
        break
      case 'pass':
        stage.clock.pass(step.seconds * SECOND)
        break
      case 'react':
        receiver.reaction = step
        break
      case 'deliver':
        await drain(step.writes).catch(ignoreStoreError)
        break
      case 'replay': {
        const { after, length } = step
        const range = { after: { cursor: after }, before: { cursor: after + length } }
        const { state } = await replayWebhook(ports, 'app', range)
        const { accepted } = receiver
        replayed = state.replay && { ...state.replay, since: accepted.length }
        break
      }
      default:
        step satisfies never
    }
  }
  receiver.reaction = { refuses: [], isDown: false }
  for (let tries = 0; tries < 10; tries++) {
    stage.clock.pass(3_600 * SECOND)
    await drain(Infinity)
  }
  expect(await stage.listed()).toMatchObject({ behind: 0, held: 0, state: { replay: null } })
  expectOrder(receiver.accepted)
  const accepted = receiver.accepted.map(({ sequence }) => sequence)
  return { accepted, told: await stage.vault.store.newestEvent(), replayed }
}

type Reaction = Pick<Extract<Step, { kind: 'react' }>, 'refuses' | 'isDown'>

class Recorder {
  readonly accepted: StoredEvent[] = []
  reaction: Reaction = { refuses: [], isDown: false }

  async receive(event: StoredEvent): Promise<DeliveryOutcome> {
    const { refuses, isDown } = this.reaction
    // Lets concurrent deliveries overlap.
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (isDown) return { kind: 'unavailable', detail: 'refused', retryAfterMs: null }
    const isRefused = refuses.some((name) => event.subject === `con_${name}`)
    if (isRefused) return { kind: 'refused', detail: 'http_500' }
    this.accepted.push(event)
    return { kind: 'accepted' }
  }
}

/** Checks that the events of each subject are first accepted in order. */
function expectOrder(accepted: readonly StoredEvent[]): void {
  const newest = new Map<string, number>()
  const seen = new Set<number>()
  for (const { sequence, subject: of } of accepted) {
    if (seen.has(sequence)) continue
    seen.add(sequence)
    expect(sequence).toBeGreaterThan(newest.get(of) ?? 0)
    newest.set(of, sequence)
  }
}

/** A store that fails after a number of writes. */
function failingAfter(store: Store, writes: number): Store {
  let left = writes
  return {
    ...store,
    write: (work) => {
      if (left-- > 0) return store.write(work)
      return Promise.reject(new StoreError('disk_full', new Error('full')))
    },
  }
}

function ignoreStoreError(error: unknown): void {
  if (!(error instanceof StoreError)) throw error
}

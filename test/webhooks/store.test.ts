import { describe, expect, test } from 'vitest'
import type { Hold, WebhookId } from '../../src/core/events/webhook.ts'
import type { Store, Writes } from '../../src/ports/store.ts'
import { databases } from '../store/databases.ts'
import { makeState } from './make-endpoint.ts'
import { createdFor } from './stage.ts'

const APP = 'app' as WebhookId
const NOW = Date.UTC(2026, 10, 22, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const hold: Hold = {
  subject: 'con_ann',
  sequence: 2,
  attempts: 1,
  dueAt: NOW,
  owedFrom: 2,
  lost: 0,
}

describe.each(databases)('webhooks in $name', ({ open }) => {
  async function openKnown() {
    const vault = await open()
    await vault.store.write((trx) => trx.keepWebhooks([APP], NOW))
    return vault
  }

  test('a webhook’s state is read as it was written', async () => {
    await using vault = await openKnown()
    const { store } = vault
    expect(await store.webhookStates()).toEqual([makeState()])
    const full = makeState({
      cursor: 9,
      replay: { after: 3, until: 7 },
      failures: 4,
      failingSince: NOW - 1,
      dueAt: NOW + 1,
      lastFailure: { at: NOW, detail: 'http_500' },
      lastAcceptedAt: NOW - 2,
      lost: 5,
      disabled: { reason: 'failing', at: NOW },
    })
    for (const state of [full, { ...full, disabled: { reason: 'gone', at: 1 } as const }]) {
      await store.write((trx) => trx.saveWebhook(state))
      expect(await store.webhookState(APP)).toEqual(state)
    }
    expect(await store.webhookState('other' as WebhookId)).toBeNull()
  })

  test('only one delivery run at a time can claim a webhook, until the claim ends', async () => {
    await using vault = await openKnown()
    const { store } = vault
    const claim = (now: number, id = APP) =>
      store.write((trx) => trx.claimWebhook(id, { now, until: now + MINUTE }))
    expect(await claim(NOW)).toEqual({ won: true })
    expect(await claim(NOW + MINUTE - 1)).toEqual({ won: false })
    expect(await claim(NOW + MINUTE)).toEqual({ won: true })
    await store.write((trx) => trx.saveWebhook(makeState()))
    expect(await claim(NOW + MINUTE)).toEqual({ won: false })
    await store.write((trx) => trx.endClaim(APP))
    expect(await claim(NOW + MINUTE)).toEqual({ won: true })
    await store.write((trx) => trx.endWaits(NOW - HOUR, HOUR))
    expect(await claim(NOW - HOUR)).toEqual({ won: true })
    expect(await claim(NOW, 'other' as WebhookId)).toEqual({ won: false })
  })

  const later: Hold = { ...hold, sequence: 5, attempts: 3, dueAt: NOW + MINUTE }
  const earlier: Hold = { ...hold, sequence: 1 }

  test.each<readonly [string, (trx: Writes) => Promise<void>, Hold | null]>([
    ['moves to a later event', (trx) => trx.saveHold(APP, hold, later), later],
    ['can be ended', (trx) => trx.saveHold(APP, hold, null), null],
    [
      'is not moved by a run that read another hold',
      (trx) => trx.saveHold(APP, earlier, later),
      hold,
    ],
    [
      'is not ended by a run that read another hold',
      (trx) => trx.saveHold(APP, earlier, null),
      hold,
    ],
    [
      'is not moved to a later event by a run that read no hold',
      (trx) => trx.saveHold(APP, null, later),
      hold,
    ],
    [
      'is moved to an earlier event by a run that read no hold',
      (trx) => trx.saveHold(APP, null, earlier),
      earlier,
    ],
    ['stays if a run neither read nor wrote one', (trx) => trx.saveHold(APP, null, null), hold],
    [
      'becomes due when all holds are made due',
      (trx) => trx.hurryHolds(APP, NOW - MINUTE),
      { ...hold, dueAt: NOW - MINUTE },
    ],
  ])('a hold %s', async (_, change, expected) => {
    await using vault = await openKnown()
    const { store } = vault
    await store.write((trx) => trx.saveHold(APP, null, hold))
    await store.write(change)
    expect(await store.dueHolds(APP, { now: NOW + MINUTE, until: 10, limit: 10 })).toEqual(
      expected === null ? [] : [expected],
    )
    expect(await store.countHolds(APP, 10)).toBe(expected === null ? 0 : 1)
  })

  test('holds are due at their time, or at once after the clock was set back', async () => {
    await using vault = await openKnown()
    const { store } = vault
    const dues = { now: NOW, soon: NOW + 1, far: NOW + HOUR }
    await store.write(async (trx) => {
      for (const [subject, dueAt] of Object.entries(dues)) {
        await trx.saveHold(APP, null, { ...hold, subject, dueAt })
      }
    })
    const due = async () => {
      const holds = await store.dueHolds(APP, { now: NOW, until: 10, limit: 10 })
      return holds.map(({ subject }) => subject)
    }
    expect(await due()).toEqual(['now'])
    await store.write((trx) => trx.endWaits(NOW, 0))
    expect(new Set(await due())).toEqual(new Set(Object.keys(dues)))
    expect(await store.dueHolds(APP, { now: NOW, until: 10, limit: 1 })).toHaveLength(1)
    expect(await store.dueHolds(APP, { now: NOW, until: 1, limit: 10 })).toEqual([])
    expect(await store.countHolds(APP, 1)).toBe(0)
  })

  test('a removed webhook is deleted with its holds', async () => {
    await using vault = await openKnown()
    const { store } = vault
    await store.write(async (trx) => {
      await trx.saveHold(APP, null, hold)
      await trx.keepWebhooks([], NOW + 30 * 24 * HOUR)
    })
    expect(await store.webhookStates()).toEqual([])
    expect(await store.countHolds(APP, 10)).toBe(0)
  })

  test('a hold that is moved to an earlier event still records the first event that was never accepted', async () => {
    await using vault = await openKnown()
    const { store } = vault
    await store.write(async (trx) => {
      await trx.saveHold(APP, null, { ...hold, sequence: 8, owedFrom: 8 })
      await trx.saveHold(APP, null, { ...hold, sequence: 3, owedFrom: 10 })
    })
    const [first] = await store.dueHolds(APP, { now: NOW, until: 10, limit: 10 })
    expect(first).toEqual({ ...hold, sequence: 3, owedFrom: 8 })
    expect(await store.holdsOf(APP, ['con_ann', 'con_ben'])).toEqual(new Map([['con_ann', 3]]))
  })

  test('webhook events are found by subject and by time', async () => {
    await using vault = await openKnown()
    const { store } = vault
    await append(store, 'ann', 'ben', 'ann', 'ann')
    const range = { from: 2, until: 4, limit: 10 }
    const own = await store.eventsOf('con_ann', range)
    expect(own.map(({ sequence }) => sequence)).toEqual([3, 4])
    expect(await store.eventsOf('con_ann', { ...range, limit: 1 })).toHaveLength(1)
    expect(await store.eventsOf('con_ann', { ...range, until: 2 })).toEqual([])
    expect(await store.newestEvent()).toBe(4)
    const positions = [NOW - 1, NOW, NOW + 1, NOW + 3, NOW + 4].map((at) =>
      store.lastEventBefore(at),
    )
    expect(await Promise.all(positions)).toEqual([0, 0, 1, 3, 4])
  })
})

/** Appends one event per millisecond. */
async function append(store: Store, ...users: readonly string[]): Promise<void> {
  await store.write(async (trx) => {
    for (const [i, user] of users.entries()) await trx.appendEvent(createdFor(user), NOW + i)
  })
}

import { describe, expect, test } from 'vitest'
import type {
  Connection,
  Failure,
  OAuthGrant,
  LiveConnection,
} from '../../src/core/connection/connection.ts'
import type { AttemptId, GrantId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { Lease, Store } from '../../src/ports/store.ts'
import { MADE_AT, makeConnection, makeGrant, makeToken } from '../support/make-connection.ts'
import { databases, settableClock } from './databases.ts'
import { reveal } from './reveal.ts'

const LEASE: Lease = {
  since: MADE_AT,
  attempt: 'att_1' as AttemptId,
  until: MADE_AT + 60_000,
  dueAt: MADE_AT + 60_000,
}
const FAILURE: Failure = { reason: 'throttled', detail: 'slow down', since: MADE_AT, attempts: 1 }

describe.each(databases)('fenced saves in $name', ({ open }) => {
  const pending = pendingConnection()
  const live = makeConnection()
  const seen: readonly (readonly [string, Connection, Connection, boolean])[] = [
    ['the current grant and generation is stored', live, live, true],
    ['an older generation is refused', live, withGrant({ generation: 0 }), false],
    ['a newer generation is refused', live, withGrant({ generation: 2 }), false],
    ['another grant is refused', live, withGrant({ id: 'grt_other' as GrantId }), false],
    ['no grant is refused if the row has one', live, pending, false],
    ['a grant is refused if the row has none', pending, live, false],
    ['no grant is stored if the row has none', pending, pending, true],
  ]

  test.each(seen)('a save based on %s', async (_, stands, before, wins) => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(stands))
    const after = { ...renewed(live), label: 'written' }
    const { won } = await store.write((trx) => trx.trySaveConnection(before, after))
    expect(won).toBe(wins)
    expect(reveal(await store.connection(live.id))).toEqual(reveal(won ? after : stands))
  })

  test('a save based on an outdated row throws conflict and rolls back its transaction', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(live))
    const stale = withGrant({ generation: 0 })
    const writing = store.write(async (trx) => {
      await trx.saveConnection(live, { ...live, label: 'undone' })
      await trx.saveConnection(stale, renewed(live))
    })
    await expect(writing).rejects.toMatchObject({ code: 'conflict' })
    expect(reveal(await store.connection(live.id))).toEqual(reveal(live))
  })

  test('a transaction whose row was written after its read runs once more and is stored', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(live))
    let runs = 0
    await store.write(async (trx) => {
      const read = (await trx.connection(live.id)) as LiveConnection
      // As if another replica had committed in between.
      if (++runs === 1) await trx.saveConnection(read, renewed(read))
      await trx.saveConnection(read, { ...renewed(read), label: 'written' })
    })
    const after = (await store.connection(live.id)) as LiveConnection
    expect([runs, after.label, after.grant.generation]).toEqual([2, 'written', 2])
  })

  test('a save after a deletion does not restore the connection', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write((trx) => trx.insertConnection(live))
    await store.write((trx) => trx.removeConnection(live.id))
    expect((await store.write((trx) => trx.trySaveConnection(live, renewed(live)))).won).toBe(false)
    expect(await store.connection(live.id)).toBeNull()
  })

  test('a refresh and a label change that read the same row do not undo each other', async () => {
    await using vault = await open()
    const { store } = vault
    const before = await inserted(store)
    await store.write((trx) => trx.saveConnection(before, { ...before, label: 'mine' }))
    await store.write((trx) => trx.saveConnection(before, renewed(before)))
    const after = (await store.connection(before.id)) as LiveConnection
    expect([after.label, after.grant.generation]).toEqual(['mine', 2])
  })
})

describe.each(databases)('refresh attempts in $name', ({ open }) => {
  test('a refresh attempt is on the row from its beginning until its outcome is saved', async () => {
    await using vault = await open()
    const { store } = vault
    const before = await inserted(store)
    expect((await begin(store, before)).won).toBe(true)
    const begun = (await store.connection(before.id)) as LiveConnection
    expect(begun.attempt).toEqual({ id: 'att_1', sentAt: MADE_AT })
    expect(begun.dueAt).toBe(LEASE.dueAt)
    await store.write((trx) => trx.saveConnection(before, renewed(before)))
    const after = (await store.connection(before.id)) as LiveConnection
    expect(after.attempt).toBeNull()
    expect((await begin(store, after, { attempt: 'att_2' as AttemptId })).won).toBe(true)
  })

  test.each([
    ['another grant', withGrant({ id: 'grt_other' as GrantId })],
    ['another generation', withGrant({ generation: 2 })],
  ])('a refresh attempt does not begin on %s', async (_, seen) => {
    await using vault = await open()
    await inserted(vault.store)
    expect((await begin(vault.store, seen)).won).toBe(false)
    const stands = (await vault.store.connection(seen.id)) as LiveConnection
    expect(stands.attempt).toBeNull()
  })

  test.each([
    ['does not begin while another attempt holds the lease', 'att_2', LEASE.until - 1, false],
    ['begins when the lease has expired', 'att_2', LEASE.until, true],
    ['begins again if it already holds the lease', 'att_1', LEASE.until - 1, true],
  ])('a refresh attempt %s (%s at %d: %s)', async (_, attempt, now, wins) => {
    await using vault = await open()
    const connection = await inserted(vault.store)
    await begin(vault.store, connection)
    const again = { ...LEASE, attempt: attempt as AttemptId, until: now + 60_000 }
    const { won } = await vault.store.write((trx) => trx.beginAttempt(connection, again, now))
    expect(won).toBe(wins)
  })

  const outcomes: readonly (readonly [string, (before: LiveConnection) => LiveConnection])[] = [
    ['a new generation', renewed],
    ['a failure', (before) => ({ ...before, status: 'failing', failure: FAILURE })],
    ['a new due time only', (before) => ({ ...before, dueAt: MADE_AT + 5 })],
    ['no change at all', (before) => ({ ...before })],
  ]

  test.each(outcomes)(
    'a refresh attempt ends when its outcome is saved: %s',
    async (_, outcome) => {
      await using vault = await open()
      const { store } = vault
      const before = await inserted(store)
      await begin(store, before)
      const after = outcome(before)
      await store.write((trx) => trx.saveConnection(before, after))
      expect(reveal(await store.connection(before.id))).toEqual(reveal(after))
      expect(await store.openAttempts(0, 10)).toEqual([])
      const next = { attempt: 'att_2' as AttemptId }
      expect((await begin(store, after, next)).won).toBe(true)
    },
  )

  test.each([
    ['an edit that read the row before it', false],
    ['an edit that read the row after it began', true],
  ])('a refresh attempt stays open during %s', async (_, readsAgain) => {
    await using vault = await open()
    const { store } = vault
    const before = await inserted(store)
    await begin(store, before)
    await store.write(async (trx) => {
      const seen = readsAgain ? await trx.connection(before.id) : before
      if (seen === null) throw new Error('gone')
      await trx.saveConnection(seen, { ...seen, metadata: { edited: true } })
      // An unchanged write is no outcome either.
      if (readsAgain) await trx.saveConnection(seen, { ...seen, updatedAt: MADE_AT + 1 })
    })
    const edited = (await store.connection(before.id)) as LiveConnection
    expect(edited.metadata).toEqual({ edited: true })
    expect(edited.attempt?.id).toBe('att_1')
    expect((await begin(store, edited, { attempt: 'att_2' as AttemptId })).won).toBe(false)
  })

  test('a refresh attempt with unknown outcome stays on the row without its lease', async () => {
    await using vault = await open()
    const { store } = vault
    const before = await inserted(store)
    await begin(store, before)
    const attempt = { id: 'att_1' as AttemptId, sentAt: MADE_AT + 7 }
    const after: LiveConnection = { ...before, status: 'failing', failure: FAILURE, attempt }
    await store.write((trx) => trx.saveConnection(before, after))
    const stands = (await store.connection(before.id)) as LiveConnection
    expect(stands.attempt).toEqual(attempt)
    expect(await store.openAttempts(0, 10)).toHaveLength(1)

    // The next attempt was not sent: the earlier one is still open, and the new lease has ended.
    const second = { attempt: 'att_2' as AttemptId }
    expect((await begin(store, stands, second)).won).toBe(true)
    await store.write((trx) => trx.saveConnection(stands, { ...stands, dueAt: MADE_AT + 99 }))
    const again = (await store.connection(before.id)) as LiveConnection
    expect(again.attempt).toEqual(attempt)
    expect((await begin(store, again, { attempt: 'att_3' as AttemptId })).won).toBe(true)
  })

  test('a refresh attempt of a dead process stays open and can be replaced', async () => {
    const clock = settableClock(MADE_AT)
    await using first = await open({ clock })
    await begin(first.store, await inserted(first.store))
    expect(await first.store.openAttempts(0, 10)).toEqual([])
    await first.store[Symbol.asyncDispose]()
    const second = await open({ clock, dataDir: first.dataDir })
    try {
      const [left] = await second.store.openAttempts(0, 10)
      expect(left?.attempt).toEqual({ id: 'att_1', sentAt: MADE_AT })
      if (left === undefined) throw new Error('no attempt')
      expect((await begin(second.store, left, { attempt: 'att_2' as AttemptId })).won).toBe(true)
    } finally {
      await second[Symbol.asyncDispose]()
    }
  })

  test('openAttempts returns the latest attempt first', async () => {
    await using vault = await open()
    const { store } = vault
    for (const n of [1, 3, 2]) {
      const attempt = { id: `att_${n}` as AttemptId, sentAt: MADE_AT + n }
      const id = `con_01jd9z0000000000000000000${n}` as Connection['id']
      await store.write((trx) => trx.insertConnection(makeConnection({ id, attempt })))
    }
    const open2 = await store.openAttempts(0, 2)
    expect(open2.map(({ attempt }) => attempt?.id)).toEqual(['att_3', 'att_2'])
    expect(await store.openAttempts(MADE_AT + 3, 10)).toHaveLength(1)
  })
})

function begin(store: Store, connection: LiveConnection, lease: Partial<Lease> = {}) {
  return store.write((trx) => trx.beginAttempt(connection, { ...LEASE, ...lease }, MADE_AT))
}

async function inserted(store: Store): Promise<LiveConnection> {
  const connection = makeConnection()
  await store.write((trx) => trx.insertConnection(connection))
  return (await store.connection(connection.id)) as LiveConnection
}

function renewed(before: LiveConnection): LiveConnection {
  const grant = makeGrant({
    ...(before.grant as OAuthGrant),
    generation: before.grant.generation + 1,
    token: makeToken({ secret: new Secret('access-2'), tokenId: 't_2' }),
    refreshToken: new Secret('refresh-2'),
  })
  const rest = { failure: null, attempt: null, providerData: { ...before.providerData } }
  return { ...before, ...rest, status: 'active', grant, lastRefreshedAt: MADE_AT + 5 }
}

function withGrant(changes: Partial<OAuthGrant>): LiveConnection {
  return makeConnection({ grant: makeGrant(changes) })
}

function pendingConnection(): Connection {
  const { grant: _, attempt: __, dueAt: ___, failure: ____, ...common } = makeConnection()
  return { ...common, status: 'pending' }
}

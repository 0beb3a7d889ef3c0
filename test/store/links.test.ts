import { describe, expect, test } from 'vitest'
import type { LinkState } from '../../src/core/connect/flow.ts'
import type { ConnectionId, LinkId, ProviderId, UserId } from '../../src/core/base/ids.ts'
import { databases } from './databases.ts'
import { HOLDER, linkId, makeFlow, makeLink, makeWaitingGrant, REQUEST } from './make-link.ts'
import { reveal } from './reveal.ts'

const STATES: readonly LinkState[] = [
  { status: 'pending' },
  {
    status: 'awaiting_confirmation',
    connectionId: HOLDER,
    completionHash: 'hash',
    confirmBefore: 5_000,
  },
  { status: 'completed', connectionId: HOLDER },
  { status: 'superseded' },
  { status: 'withdrawn' },
]

describe.each(databases)('links in $name', ({ open }) => {
  test.each(STATES)('a link is read back as it was written: $status', async (state) => {
    await using vault = await open()
    const { store } = vault
    const link = makeLink('a', { state, lastError: 'access_denied' })
    await store.write((trx) => trx.insertLink(link, null))
    expect(reveal(await store.link(link.id))).toEqual(reveal(link))
    expect(reveal(await store.linkBySecretHash(link.secretHash))).toEqual(reveal(link))
    expect(await store.link('lnk_none' as LinkId)).toBeNull()
    expect(await store.linkBySecretHash('none')).toBeNull()
  })

  test.each(STATES)('a link moves from pending to $status once', async (state) => {
    await using vault = await open()
    const { store } = vault
    const link = makeLink('a')
    await store.write((trx) => trx.insertLink(link, null))
    const after = { ...link, state, lastError: 'x' }
    await store.write((trx) => trx.saveLink(link, after))
    expect(reveal(await store.link(link.id))).toEqual(reveal(after))
    const again = await store.write((trx) => trx.trySaveLink(link, link))
    expect(again.won).toBe(state.status === 'pending')
  })

  test('a new link supersedes only older pending links for the same connection', async () => {
    await using vault = await open()
    const { store } = vault
    const other = { ...REQUEST, connectionId: 'con_other' as ConnectionId }
    const fresh = { ...REQUEST, connectionId: null }
    await store.write(async (trx) => {
      await trx.insertLink(makeLink('a'), null)
      await trx.insertLink(
        makeLink('b', { state: { status: 'completed', connectionId: HOLDER } }),
        null,
      )
      await trx.insertLink(makeLink('c', { request: other }), null)
      await trx.insertLink(makeLink('d', { request: fresh }), null)
      await trx.insertLink(makeLink('e', { request: fresh }), null)
      await trx.insertLink(makeLink('f'), HOLDER)
    })
    const statuses = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(
        async (name) => (await store.link(linkId(name)))?.state.status,
      ),
    )
    expect(statuses).toEqual([
      'superseded',
      'completed',
      'pending',
      'pending',
      'pending',
      'pending',
    ])
  })

  test("withdrawLinksOf withdraws a user's pending links whose providers are all in the list", async () => {
    await using vault = await open()
    const { store } = vault
    const [acme, odd] = ['acme' as ProviderId, 'odd' as ProviderId]
    const stranger = { ...REQUEST, userId: 'user-2' as UserId }
    await store.write(async (trx) => {
      await trx.insertLink(makeLink('a', { providers: [acme] }), null)
      await trx.insertLink(makeLink('b', { providers: [acme, odd] }), null)
      await trx.insertLink(makeLink('c', { request: stranger }), null)
      await trx.insertLink(makeLink('d', { state: { status: 'superseded' } }), null)
    })
    const statuses = () =>
      Promise.all(
        ['a', 'b', 'c', 'd'].map(async (name) => (await store.link(linkId(name)))?.state.status),
      )
    await store.write((trx) => trx.withdrawLinksOf('user-1' as UserId, [acme]))
    expect(await statuses()).toEqual(['withdrawn', 'pending', 'pending', 'superseded'])
    await store.write((trx) => trx.withdrawLinksOf('user-1' as UserId, null))
    expect(await statuses()).toEqual(['withdrawn', 'withdrawn', 'pending', 'superseded'])
    await store.write((trx) => trx.withdrawLinksOf('nobody' as UserId, null))
  })

  test('overdueConfirmations returns links past their confirmation deadline, the longest overdue first', async () => {
    await using vault = await open()
    const { store } = vault
    await store.write(async (trx) => {
      for (const [name, confirmBefore] of [
        ['a', 300],
        ['b', 200],
        ['c', 301],
      ] as const) {
        const state = {
          status: 'awaiting_confirmation',
          connectionId: HOLDER,
          completionHash: '',
          confirmBefore,
        } as const
        await trx.insertLink(makeLink(name, { state }), null)
      }
      await trx.insertLink(makeLink('d'), null)
    })
    const overdue = await store.overdueConfirmations(300, 10)
    expect(overdue.map(({ id }) => id)).toEqual([linkId('b'), linkId('a')])
    expect(await store.overdueConfirmations(300, 1)).toHaveLength(1)
  })
})

describe.each(databases)('flows in $name', ({ open }) => {
  test('a flow can be taken once, and only by the browser that began it', async () => {
    await using vault = await open()
    const { store } = vault
    const flow = makeFlow({ browserHash: 'browser' })
    await store.write((trx) => trx.insertFlow(flow))
    const take = (state: string, browser: string | null, now = 0) =>
      store.write((trx) => trx.takeFlow(state, browser, now))
    expect(await take('state', 'another browser')).toBeNull()
    expect(await take('state', null)).toBeNull()
    expect(await take('another state', 'browser')).toBeNull()
    expect(await take('state', 'browser', flow.expiresAt)).toBeNull()
    expect(reveal(await take('state', 'browser', flow.expiresAt - 1))).toEqual(reveal(flow))
    expect(await take('state', 'browser')).toBeNull()
  })

  test('a flow without a browser cannot be taken by a browser', async () => {
    await using vault = await open()
    const flow = makeFlow({ browserHash: null, link: null, nonce: null })
    await vault.store.write((trx) => trx.insertFlow(flow))
    const take = (browser: string | null) =>
      vault.store.write((trx) => trx.takeFlow('state', browser, 0))
    expect(await take('browser')).toBeNull()
    expect(reveal(await take(null))).toEqual(reveal(flow))
  })

  test('a flow is taken once, however many callbacks arrive at the same time', async () => {
    await using vault = await open()
    await vault.store.write((trx) => trx.insertFlow(makeFlow({ browserHash: 'browser' })))
    const taken = await Promise.all(
      Array.from({ length: 20 }, () =>
        vault.store.write((trx) => trx.takeFlow('state', 'browser', 0)),
      ),
    )
    expect(taken.filter((flow) => flow !== null)).toHaveLength(1)
  })
})

describe.each(databases)('waiting grants in $name', ({ open }) => {
  test('a waiting grant is read back as it was written, until it is removed', async () => {
    await using vault = await open()
    const { store } = vault
    const waiting = makeWaitingGrant()
    await store.write(async (trx) => {
      await trx.insertLink(makeLink('a'), null)
      await trx.insertWaitingGrant(waiting)
    })
    expect(reveal(await store.waitingGrant(linkId('a')))).toEqual(reveal(waiting))
    expect(reveal(await store.waitingGrantOf(HOLDER))).toEqual(reveal(waiting))
    expect(await store.waitingGrant(linkId('b'))).toBeNull()
    expect(await store.waitingGrantOf('con_other' as ConnectionId)).toBeNull()
    await store.write((trx) => trx.removeWaitingGrant(linkId('a')))
    expect(await store.waitingGrant(linkId('a'))).toBeNull()
  })
})

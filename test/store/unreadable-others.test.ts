import { describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { ACME, HOLDER, linkId, makeFlow, makeLink, makeWaitingGrant } from './make-link.ts'
import { makeRevocation } from './make-revocation.ts'

const JUNK = Buffer.alloc(80, 7)

describe.each(databases)('other unreadable rows of $name', (database) => {
  test('unreadable links, flows and waiting grants are treated as missing', async () => {
    await using vault = await database.open()
    const { store } = vault
    const link = makeLink('a', {
      state: {
        status: 'awaiting_confirmation',
        connectionId: HOLDER,
        completionHash: '',
        confirmBefore: 1,
      },
    })
    await store.write(async (trx) => {
      await trx.insertLink(link, null)
      await trx.insertFlow(makeFlow())
      await trx.insertWaitingGrant(makeWaitingGrant())
    })
    await database.behind(vault, async (db) => {
      await db.updateTable('connect_links').set({ request_blob: JUNK }).execute()
      await db.updateTable('flows').set({ flow_blob: JUNK }).execute()
      await db.updateTable('waiting_grants').set({ grant_blob: JUNK }).execute()
    })
    expect(await store.link(linkId('a'))).toBeNull()
    expect(await store.linkBySecretHash(link.secretHash)).toBeNull()
    expect(await store.overdueConfirmations(1e6, 10)).toEqual([])
    expect(await store.waitingGrant(linkId('a'))).toBeNull()
    expect(await store.write((trx) => trx.takeFlow('state', 'browser', 0))).toBeNull()
    expect(new Set(vault.unreadable.map(({ table }) => table))).toEqual(
      new Set(['connect_links', 'flows', 'waiting_grants']),
    )
  })

  test('unreadable events keep their sequence with an empty body, and unreadable revocations have no token', async () => {
    await using vault = await database.open()
    const { store } = vault
    await store.write(async (trx) => {
      for (let i = 0; i < 2; i++) {
        const nextAction = null
        const event = {
          type: 'provider.recovered',
          provider: ACME,
          reason: null,
          nextAction,
        } as const
        await trx.appendEvent(event, 1)
      }
      await trx.enqueueRevocation(makeRevocation('a', { attempts: 3 }))
    })
    await database.behind(vault, async (db) => {
      await db.updateTable('events').set({ body_blob: JUNK }).where('sequence', '=', 1).execute()
      await db.updateTable('revocations').set({ settings_blob: JUNK }).execute()
    })
    const reach = { providers: null, userIdPrefix: null }
    const events = await store.events({ after: 0, limit: 10, reach })
    expect(events.map(({ data }) => data)).toEqual(['{}', '{"provider":"acme"}'])
    const [revocation] = await store.dueRevocations(1, 10)
    expect(revocation).toMatchObject({ attempts: 3, refreshToken: null, accessToken: null })
  })
})

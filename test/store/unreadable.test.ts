import { describe, expect, test } from 'vitest'
import type { LiveConnection, OAuthGrant } from '../../src/core/connection/connection.ts'
import type { UserId } from '../../src/core/base/ids.ts'
import { MADE_AT, makeGrant } from '../support/make-connection.ts'
import { corrupt, type Damage, EVERYTHING, FULL, idOf, opens, stocked } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { ACME } from './make-link.ts'
import { makeRevocation } from './make-revocation.ts'

const USER = 'user-1' as UserId
const TOKEN: Damage = ['access_token_blob']
const PROFILE: Damage = ['profile_blob']
const REFRESH: Damage = ['refresh_token_blob']
const SETTINGS: Damage = ['settings_blob']
const ALL_OF_IT: Damage = [...TOKEN, ...PROFILE, ...REFRESH, ...SETTINGS, 'client_secret_blob']

describe.each(databases)('unreadable rows of $name', (database) => {
  const cases: readonly (readonly [Damage, object])[] = [
    [[], { status: 'active', token: true, email: true, refresh: true }],
    [TOKEN, { status: 'active', token: false, email: true, refresh: true }],
    [PROFILE, { status: 'active', token: true, email: false, refresh: true }],
    [REFRESH, { status: 'active', token: true, email: true, refresh: 'throws' }],
    [['client_secret_blob'], { status: 'active', token: true, email: true, refresh: true }],
    [[...TOKEN, ...PROFILE], { status: 'failing', token: false, email: false, refresh: true }],
    [
      [...TOKEN, ...REFRESH],
      { status: 'disconnected', token: false, email: true, refresh: 'throws' },
    ],
    [SETTINGS, { status: 'disconnected', token: true, email: true, refresh: false }],
    [ALL_OF_IT, { status: 'disconnected', token: false, email: false, refresh: false }],
  ]

  test.each(cases)('a connection with damaged %j reads as %o', async (damage, expected) => {
    await using vault = await stocked(database)
    await corrupt(database, vault, damage)
    const poisoned = (await vault.store.connection(FULL.id)) as LiveConnection
    expect({
      status: poisoned.status,
      token: poisoned.grant.token !== null,
      email: poisoned.account.email !== null,
      refresh: opens(poisoned),
    }).toEqual(expected)
    if (poisoned.status !== 'active') expect(poisoned.failure.reason).toBe('unreadable')
    // Not stored: if the blob opens again, the connection is whole.
    const stored = await database.behind(vault, (db) =>
      db.selectFrom('connections').select('status').where('id', '=', FULL.id).executeTakeFirst(),
    )
    expect(stored?.status).toBe('active')
  })

  test.each(cases.map(([damage]) => damage))(
    'a connection with damaged %j does not affect other connections',
    async (...damage) => {
      await using vault = await stocked(database)
      await corrupt(database, vault, damage)
      const { store } = vault
      const ids = [idOf(1), idOf(2), idOf(3)]
      expect((await store.listConnections(EVERYTHING)).map(({ id }) => id)).toEqual(ids)
      expect((await store.connectionsOf(USER, ACME)).map(({ id }) => id)).toEqual(ids)
      expect((await store.connectionsOfAccount(ACME, 'acc-1')).map(({ id }) => id)).toEqual(ids)
      for (const id of [idOf(1), idOf(3)]) {
        const healthy = (await store.connection(id)) as LiveConnection
        expect(healthy.grant.token?.secret.expose()).toBe('access-1')
      }
    },
  )

  test('an unreadable connection is reported with its table and fields', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, [...TOKEN, ...PROFILE])
    await vault.store.connection(FULL.id)
    const table = 'connections'
    expect(vault.unreadable).toEqual([
      { id: FULL.id, table, field: 'profile' },
      { id: FULL.id, table, field: 'access_token' },
    ])
  })

  test('a refresh repairs an unreadable connection if its refresh token opens', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, [...TOKEN, ...PROFILE])
    const { store } = vault
    const before = (await store.connection(FULL.id)) as LiveConnection
    const { token } = makeGrant()
    const generation = before.grant.generation + 1
    const grant = { ...(before.grant as OAuthGrant), generation, token }
    const after: LiveConnection = {
      ...before,
      status: 'active',
      failure: null,
      grant,
      account: { id: 'acc-1', email: 'ann@example.com', name: 'Ann' },
    }
    await store.write((trx) => trx.saveConnection(before, after))
    const healed = (await store.connection(FULL.id)) as LiveConnection
    expect(healed).toMatchObject({ status: 'active', account: { email: 'ann@example.com' } })
    expect(healed.grant.refreshToken?.open().expose()).toBe('refresh-1')
  })

  test('a write keeps an unreadable blob unchanged', async () => {
    await using vault = await stocked(database)
    const whole = await corrupt(database, vault, PROFILE)
    const { store } = vault
    const before = (await store.connection(FULL.id)) as LiveConnection
    const after = { ...before, dueAt: MADE_AT + 5 }
    await store.write((trx) => trx.saveConnection(before, after))
    await database.behind(vault, (db) =>
      db
        .updateTable('connections')
        .set({ profile_blob: whole.profile_blob })
        .where('id', '=', FULL.id)
        .execute(),
    )
    await store.write((trx) => trx.saveConnection(after, after))
    expect(await store.connection(FULL.id)).toMatchObject({ label: 'Work', dueAt: MADE_AT + 5 })
  })

  test('an unreadable connection can be deleted, and its revocation has the tokens that still open', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, REFRESH)
    const { store } = vault
    const { grant } = (await store.connection(FULL.id)) as LiveConnection
    await store.write(async (trx) => {
      await trx.removeConnection(FULL.id)
      const { refreshToken, token } = grant
      const accessToken = token?.secret ?? null
      await trx.enqueueRevocation(makeRevocation('a', { refreshToken, accessToken }))
    })
    const [queued] = await store.dueRevocations(1, 10)
    expect(queued?.refreshToken).toBeNull()
    expect(queued?.accessToken?.open().expose()).toBe('access-1')
  })

  test.each([
    ['user_id', 'user-2'],
    ['provider', 'other'],
    ['grant_id', 'grt_other'],
    ['generation', 2],
    ['id', idOf(9)],
  ])('a connection whose column %s was overwritten serves no token', async (column, value) => {
    await using vault = await stocked(database)
    await database.behind(vault, (db) =>
      db
        .updateTable('connections')
        .set({ [column]: value })
        .where('id', '=', FULL.id)
        .execute(),
    )
    const id = column === 'id' ? idOf(9) : FULL.id
    const moved = (await vault.store.connection(id)) as LiveConnection
    expect(moved.grant.token).toBeNull()
    expect(opens(moved)).not.toBe(true)
  })

  test('a connection with the blobs of another row serves no token', async () => {
    await using vault = await stocked(database)
    await database.behind(vault, async (db) => {
      const donor = await db
        .selectFrom('connections')
        .select(['access_token_blob', 'refresh_token_blob', 'profile_blob'])
        .where('id', '=', idOf(1))
        .executeTakeFirstOrThrow()
      await db.updateTable('connections').set(donor).where('id', '=', FULL.id).execute()
    })
    const swapped = (await vault.store.connection(FULL.id)) as LiveConnection
    expect([swapped.grant.token, swapped.account.id, opens(swapped)]).toEqual([
      null,
      null,
      'throws',
    ])
  })
})

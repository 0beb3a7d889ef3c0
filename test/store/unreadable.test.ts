import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { iso, viewConnection } from '../../src/core/connection-view.ts'
import { isLive, type LiveConnection } from '../../src/core/connection.ts'
import { SealError } from '../../src/core/errors.ts'
import { type ConnectionId, newId, type ProviderId, type UserId } from '../../src/core/ids.ts'
import { Secret } from '../../src/core/secret.ts'
import type { ConnectionFilter, Store } from '../../src/ports.ts'
import type { ConnectionTable } from '../../src/store/schema.ts'
import { MADE_AT, makeConnection, makeGrant } from '../support/make-connection.ts'
import type { OpenVault } from '../support/open-vault-store.ts'
import { databases, type TestDatabase } from './databases.ts'

const USER = 'user-1' as UserId
const ACME = 'acme' as ProviderId
const ALL: ConnectionFilter = {
  userId: null,
  provider: null,
  status: null,
  expiringBefore: null,
  after: null,
  limit: 100,
  reach: { providers: null, userIdPrefix: null },
}

/** Brings something into every sealed column. */
const FULL = makeConnection({
  id: idOf(2),
  label: 'Work',
  params: { tenant: 'contoso' },
  client: { id: 'client-1', secret: new Secret('client-secret') },
})

type Damage = readonly (keyof ConnectionTable & `${string}_blob`)[]
const TOKEN: Damage = ['access_token_blob']
const PROFILE: Damage = ['profile_blob']
const REFRESH: Damage = ['refresh_token_blob']
const SETTINGS: Damage = ['settings_blob']
const ALL_OF_IT: Damage = [...TOKEN, ...PROFILE, ...REFRESH, ...SETTINGS, 'client_secret_blob']

describe.each(databases)('a row of $name that does not open', (database) => {
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

  test.each(cases)('for want of %j comes to %o', async (damage, expected) => {
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
    // Never stored: where the blob opens again, nothing is left of it.
    const stored = await database.behind(vault, (db) =>
      db.selectFrom('connections').select('status').where('id', '=', FULL.id).executeTakeFirst(),
    )
    expect(stored?.status).toBe('active')
  })

  test.each(cases.map(([damage]) => damage))('harms no other: %j', async (...damage) => {
    await using vault = await stocked(database)
    await corrupt(database, vault, damage)
    const { store } = vault
    const ids = [idOf(1), idOf(2), idOf(3)]
    expect((await store.listConnections(ALL)).map(({ id }) => id)).toEqual(ids)
    expect((await store.connectionsOf(USER, ACME)).map(({ id }) => id)).toEqual(ids)
    expect((await store.connectionsOfAccount(ACME, 'acc-1')).map(({ id }) => id)).toEqual(ids)
    for (const id of [idOf(1), idOf(3)]) {
      const healthy = (await store.connection(id)) as LiveConnection
      expect(healthy.grant.token?.secret.expose()).toBe('access-1')
    }
  })

  test('is reported with its place', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, [...TOKEN, ...PROFILE])
    await vault.store.connection(FULL.id)
    const table = 'connections'
    expect(vault.unreadable).toEqual([
      { id: FULL.id, table, field: 'profile' },
      { id: FULL.id, table, field: 'access_token' },
    ])
  })

  test('is renewed where its refresh token opens, and then it is whole', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, [...TOKEN, ...PROFILE])
    const { store } = vault
    const before = (await store.connection(FULL.id)) as LiveConnection
    const { token } = makeGrant()
    const grant = { ...before.grant, generation: before.grant.generation + 1, token }
    const after: LiveConnection = {
      ...before,
      status: 'active',
      failure: null,
      grant,
      account: { id: 'acc-1', email: 'ann@example.com', name: 'Ann' },
    }
    expect((await store.write((trx) => trx.saveConnection(before, after))).won).toBe(true)
    const healed = (await store.connection(FULL.id)) as LiveConnection
    expect(healed).toMatchObject({ status: 'active', account: { email: 'ann@example.com' } })
    expect(healed.grant.refreshToken?.open().expose()).toBe('refresh-1')
  })

  test('keeps what does not open when something else of it is written', async () => {
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
    await store.write((trx) => trx.releaseLease(FULL.id, 'att_none' as never))
    expect(await store.connection(FULL.id)).toMatchObject({ label: 'Work', dueAt: MADE_AT + 5 })
  })

  test('can be deleted, its revocation queued with what still opens', async () => {
    await using vault = await stocked(database)
    await corrupt(database, vault, REFRESH)
    const { store } = vault
    const { grant, provider, client, params, providerData } = (await store.connection(
      FULL.id,
    )) as LiveConnection
    await store.write(async (trx) => {
      await trx.removeConnection(FULL.id)
      await trx.enqueueRevocation({
        id: 'rev_1',
        provider,
        client,
        params,
        providerData,
        refreshToken: grant.refreshToken,
        accessToken: grant.token?.secret ?? null,
        attempts: 0,
        createdAt: 1,
        dueAt: 1,
      })
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
  ])('because its %s was written over serves no token', async (column, value) => {
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

  test('because another row’s blob was put into it serves no token', async () => {
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

  test('whatever stands in it is still listed, shown, and alone with it', async () => {
    await using vault = await stocked(database, { cacheBytes: 1 })
    const whole = await corrupt(database, vault, [])
    const columns = Object.keys(whole).filter((column) => column !== 'id')
    const anything = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true }),
      fc.integer(),
      fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    )
    const damage = fc.dictionary(fc.constantFrom(...columns), anything, { minKeys: 1, maxKeys: 4 })
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const put = (values: object) =>
          database.behind(vault, (db) =>
            db.updateTable('connections').set(values).where('id', '=', FULL.id).execute(),
          )
        await put(changes)
        const poisoned = await vault.store.connection(FULL.id)
        if (poisoned === null) throw new Error('not there')
        expect(() => JSON.stringify(viewConnection(poisoned, MADE_AT))).not.toThrow()
        expect(() => [poisoned.createdAt, poisoned.updatedAt].map(iso)).not.toThrow()
        if (isLive(poisoned)) expect(Number.isSafeInteger(poisoned.grant.generation)).toBe(true)
        const listed = await vault.store.listConnections(ALL)
        expect(listed.filter(({ id }) => id !== FULL.id)).toHaveLength(2)
        await put({ ...whole })
      }),
      { numRuns: 100 },
    )
  })
})

describe.each(databases)('other rows of $name that do not open', (database) => {
  test('are as if they were not there: links, flows, waiting grants', async () => {
    await using vault = await database.open()
    const { store } = vault
    const link = await insertLinkAndFlow(store)
    const junk = Buffer.alloc(80, 7)
    await database.behind(vault, async (db) => {
      await db.updateTable('connect_links').set({ request_blob: junk }).execute()
      await db.updateTable('flows').set({ flow_blob: junk }).execute()
      await db.updateTable('waiting_grants').set({ grant_blob: junk }).execute()
    })
    expect(await store.link(link)).toBeNull()
    expect(await store.linkBySecretHash('hash')).toBeNull()
    expect(await store.overdueConfirmations(1e6, 10)).toEqual([])
    expect(await store.waitingGrant(link)).toBeNull()
    expect(await store.write((trx) => trx.takeFlow('state', null, 0))).toBeNull()
    expect(new Set(vault.unreadable.map(({ table }) => table))).toEqual(
      new Set(['connect_links', 'flows', 'waiting_grants']),
    )
  })

  test('keep their place in a sequence: events have an empty body, revocations no token', async () => {
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
      await trx.enqueueRevocation({
        id: 'rev_1',
        provider: ACME,
        client: null,
        params: {},
        providerData: {},
        refreshToken: new Secret('r'),
        accessToken: null,
        attempts: 3,
        createdAt: 1,
        dueAt: 1,
      })
    })
    const junk = Buffer.alloc(80, 7)
    await database.behind(vault, async (db) => {
      await db.updateTable('events').set({ body_blob: junk }).where('sequence', '=', 1).execute()
      await db.updateTable('revocations').set({ settings_blob: junk }).execute()
    })
    const reach = { providers: null, userIdPrefix: null }
    const events = await store.events({ after: 0, limit: 10, reach })
    expect(events.map(({ data }) => data)).toEqual(['{}', '{"provider":"acme"}'])
    const [revocation] = await store.dueRevocations(1, 10)
    expect(revocation).toMatchObject({ attempts: 3, refreshToken: null, accessToken: null })
  })
})

async function stocked(database: TestDatabase, settings = {}): Promise<OpenVault> {
  const vault = await database.open(settings)
  await vault.store.write(async (trx) => {
    await trx.insertConnection(makeConnection({ id: idOf(1) }))
    await trx.insertConnection(FULL)
    await trx.insertConnection(makeConnection({ id: idOf(3) }))
  })
  return vault
}

/** Flips a bit of each column and answers the row as it was. */
async function corrupt(
  database: TestDatabase,
  vault: OpenVault,
  damage: Damage,
): Promise<ConnectionTable> {
  return database.behind(vault, async (db) => {
    const rows = db.selectFrom('connections').selectAll().where('id', '=', FULL.id)
    const whole = await rows.executeTakeFirstOrThrow()
    for (const column of damage) {
      const blob = Buffer.from(whole[column] ?? [])
      blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1
      await db
        .updateTable('connections')
        .set({ [column]: blob })
        .where('id', '=', FULL.id)
        .execute()
    }
    return whole
  })
}

function opens({ grant }: LiveConnection): boolean | 'throws' {
  try {
    return grant.refreshToken?.open().expose() === 'refresh-1'
  } catch (error) {
    if (error instanceof SealError) return 'throws'
    throw error
  }
}

async function insertLinkAndFlow(store: Store) {
  const request = {
    userId: USER,
    scope: null,
    email: null,
    expectedAccount: null,
    state: null,
    label: null,
    displayName: null,
    metadata: null,
    connectionId: null,
    client: null,
    params: {},
  }
  const id = 'lnk_1' as never
  const connectionId = 'con_1' as ConnectionId
  await store.write(async (trx) => {
    await trx.insertLink(
      {
        id,
        secretHash: 'hash',
        providers: [ACME],
        request,
        redirectUrl: null,
        confirm: 'app',
        state: {
          status: 'awaiting_confirmation',
          connectionId,
          completionHash: '',
          confirmBefore: 1,
        },
        lastError: null,
        createdAt: 1,
        expiresAt: 1,
      },
      null,
    )
    await trx.insertFlow({
      id: 'flw_1' as never,
      stateHash: 'state',
      provider: ACME,
      link: id,
      browserHash: null,
      request,
      requestedScope: [],
      redirectUri: '',
      verifier: new Secret('v'),
      nonce: null,
      createdAt: 1,
      expiresAt: 10,
    })
    await trx.insertWaitingGrant({
      link: id,
      connectionId,
      provider: ACME,
      tokens: {
        accessToken: new Secret('a'),
        tokenType: 'Bearer',
        expiresInSeconds: null,
        refreshToken: null,
        refreshTokenExpiresInSeconds: null,
        scope: null,
        providerData: {},
      },
      sentAt: 1,
      account: { id: null, email: null, name: null },
      requestedScope: [],
      request,
    })
  })
  return id
}

function idOf(n: number): ConnectionId {
  return newId('con', 1_000 + n, new Uint8Array(10))
}

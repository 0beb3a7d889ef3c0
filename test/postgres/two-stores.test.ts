import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connectionEvent } from '../../src/core/events/event.ts'
import type { ConnectionId, KeyId, UserId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { ApiKey, Store, Writes } from '../../src/ports/store.ts'
import { makeFlow, makeLink } from '../store/make-link.ts'
import { MADE_AT, makeConnection } from '../support/make-connection.ts'
import { dropPostgresVault, postgresUrlOf } from '../support/open-postgres-vault.ts'
import { openVaultStore, type OpenVault } from '../support/open-vault-store.ts'
import { queryPostgres } from '../support/postgres.ts'
import { until } from '../support/until.ts'

const LIVE = makeConnection()
const ACCOUNT = 'acc-1'

let dataDir: string
let one: OpenVault
let other: OpenVault

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'larder-two-stores-'))
  const open = () => openVaultStore({ dataDir, database: 'postgres', sharing: 'shared' })
  one = await open()
  other = await open()
})

afterAll(async () => {
  await one[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await dropPostgresVault(dataDir)
  await rm(dataDir, { recursive: true })
})

const TABLES = 'connections, connect_links, flows, api_keys, events, refresh_token_hashes'

beforeEach(async () => {
  await queryPostgres(postgresUrlOf(dataDir), `truncate ${TABLES} cascade`)
})

/**
 * Runs a read and a write in a transaction of each store. The writes begin when both transactions
 * have read, or when one waits for a lock of the other.
 */
async function race<T>(
  read: (trx: Writes) => Promise<T>,
  write: (trx: Writes, found: T, n: number) => Promise<unknown>,
): Promise<void> {
  let reads = 0
  const run = (store: Store, n: number) =>
    store.write(async (trx) => {
      const found = await read(trx)
      reads++
      await until('both reads, or a lock', async () => reads >= 2 || (await isWaiting()))
      await write(trx, found, n)
    })
  await Promise.all([run(one.store, 1), run(other.store, 2)])
}

async function isWaiting(): Promise<boolean> {
  const waiting = `select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  return (await queryPostgres(postgresUrlOf(dataDir), waiting)).length > 0
}

/** Reads past the caches. */
function stored<T>(read: (trx: Writes) => Promise<T>): Promise<T> {
  return one.store.write(read)
}

const makeApiKey = (id: KeyId): ApiKey => ({
  id,
  name: id,
  hash: `hash of ${id}`,
  permissions: ['admin'],
  providers: null,
  userIdPrefix: null,
  createdAt: 1,
  revokedAt: null,
})

const connection = (n: number) =>
  makeConnection({
    id: `con_01jd9z0000000000000000000${n}` as ConnectionId,
    userId: 'user-2' as UserId,
  })

describe('two stores on one PostgreSQL database', () => {
  test('two edits of one connection are both stored, and its row opens', async () => {
    await one.store.write((trx) => trx.insertConnection(LIVE))
    await race(
      (trx) => trx.connection(LIVE.id),
      async (trx, found, n) => {
        if (found === null) throw new Error('no connection')
        const edit = n === 1 ? { label: 'one' } : { metadata: { by: 'other' } }
        await trx.saveConnection(found, { ...found, ...edit })
      },
    )
    const after = await stored((trx) => trx.connection(LIVE.id))
    expect(after).toMatchObject({ status: 'active', label: 'one', metadata: { by: 'other' } })
  })

  test.each<[string, (trx: Writes) => Promise<readonly unknown[]>]>([
    ['user', (trx) => trx.connectionsOf('user-2' as UserId, LIVE.provider)],
    ['account', (trx) => trx.connectionsOfAccount(LIVE.provider, ACCOUNT)],
  ])('only one of two transactions inserts the first connection of a %s', async (_, read) => {
    await race(read, async (trx, found, n) => {
      if (found.length === 0) await trx.insertConnection(connection(n))
    })
    expect(await stored(read)).toHaveLength(1)
  })

  test('only one of two imports gets a refresh token', async () => {
    const token = new Secret('imported')
    await one.store.write(async (trx) => {
      for (const n of [1, 2]) await trx.insertConnection(connection(n))
    })
    const won: number[] = []
    await race(
      (trx) => trx.holderOfRefreshToken(LIVE.provider, token),
      async (trx, holder, n) => {
        if (holder !== null) return
        won.push(n)
        await trx.rememberRefreshToken(connection(n), token, 'arrived')
      },
    )
    expect(won).toHaveLength(1)
  })

  test('only one of two transactions changes the state of a link', async () => {
    const link = makeLink('a')
    await one.store.write((trx) => trx.insertLink(link, null))
    const won: boolean[] = []
    const after = { ...link, state: { status: 'withdrawn' } as const }
    await race(
      (trx) => trx.trySaveLink(link, after),
      async (_, saved) => won.push(saved.won),
    )
    expect(won.filter(Boolean)).toHaveLength(1)
  })

  test('only one of two callbacks takes a flow', async () => {
    const flow = makeFlow()
    await one.store.write((trx) => trx.insertFlow(flow))
    const take = ({ store }: OpenVault) =>
      store.write((trx) => trx.takeFlow(flow.stateHash, flow.browserHash, MADE_AT - 1e13))
    const taken = await Promise.all([take(one), take(other)])
    expect(taken.filter((found) => found !== null)).toHaveLength(1)
  })

  test('two revocations of different API keys leave one live key', async () => {
    const ids = ['key_1', 'key_2'] as unknown as readonly KeyId[]
    await one.store.write(async (trx) => {
      for (const id of ids) await trx.insertApiKey(makeApiKey(id))
    })
    await race(
      (trx) => trx.liveApiKeys(),
      async (trx, live, n) => {
        if (live.length > 1) await trx.revokeApiKey(ids[n - 1] as KeyId, MADE_AT)
      },
    )
    expect(await stored((trx) => trx.liveApiKeys())).toHaveLength(1)
  })

  test('two transactions that add a data key both keep it', async () => {
    const before = await stored((trx) => trx.vaultKeys())
    const [key] = before.keys
    if (key === undefined) throw new Error('no key')
    await race(
      (trx) => trx.vaultKeys(),
      (trx, found, n) =>
        trx.saveVaultKeys({ ...found, keys: [...found.keys, { ...key, id: `added_${n}` }] }),
    )
    const after = await stored((trx) => trx.vaultKeys())
    await one.store.write((trx) => trx.saveVaultKeys(before))
    expect(after.keys).toHaveLength(before.keys.length + 2)
  })

  test('a reader sees the events of concurrent transactions in order and without gaps', async () => {
    const event = connectionEvent('connection.created', LIVE, null)
    const from = await one.store.newestEvent()
    const append = ({ store }: OpenVault) =>
      store.write(async (trx) => {
        await trx.appendEvent(event, MADE_AT)
        await trx.appendEvent(event, MADE_AT)
      })
    const writing = Array.from({ length: 40 }, (_, n) => append(n % 2 === 0 ? one : other))
    let isDone = false
    const written = Promise.all(writing).finally(() => (isDone = true))
    const filter = { after: from, limit: 100, reach: { providers: null, userIdPrefix: null } }
    for (;;) {
      const isLast = isDone
      const seen = (await one.store.events(filter)).map(({ sequence }) => sequence)
      expect(seen).toEqual(seen.map((_, index) => from + 1 + index))
      if (isLast) break
    }
    await written
    expect(await one.store.newestEvent()).toBe(from + 80)
  })
})

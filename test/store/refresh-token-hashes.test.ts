import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { ProviderId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { TokenOrigin } from '../../src/ports/store.ts'
import type { Schema } from '../../src/store/schema.ts'
import { makeConnection } from '../support/make-connection.ts'
import type { OpenVault } from '../support/open-vault-store.ts'
import { idOf } from './damaged-vault.ts'
import { databases } from './databases.ts'
import { insert, made } from './many-connections.ts'

const acme = 'acme' as ProviderId
const { id, updatedAt } = makeConnection()

describe.each(databases)('hashes of refresh tokens in $name', ({ open, behind }) => {
  async function openWithConnection(): Promise<OpenVault> {
    const vault = await open()
    await vault.store.write((trx) => trx.insertConnection(makeConnection()))
    return vault
  }

  test('a connection can be found by its refresh token until the connection is deleted', async () => {
    await using vault = await open()
    const { store } = vault
    await insert(store, [made(1), made(2)])
    await store.write((trx) => trx.rememberRefreshToken(made(1), new Secret('r1'), 'arrived'))
    await store.write((trx) => trx.rememberRefreshToken(made(1), new Secret('r2'), 'arrived'))
    const holder = (value: string) => store.holderOfRefreshToken(acme, new Secret(value))
    expect(await holder('r1')).toEqual({ connectionId: idOf(1) })
    expect(await holder('r2')).toEqual({ connectionId: idOf(1) })
    expect(await holder('r3')).toBeNull()
    expect(await store.holderOfRefreshToken('other' as ProviderId, new Secret('r1'))).toBeNull()

    await store.write((trx) => trx.rememberRefreshToken(made(2), new Secret('r2'), 'arrived'))
    expect(await holder('r2')).toEqual({ connectionId: idOf(1) })
    await store.write((trx) => trx.moveRefreshTokens(idOf(1), idOf(2)))
    expect(await holder('r1')).toEqual({ connectionId: idOf(2) })
    await store.write((trx) => trx.removeConnection(idOf(2)))
    expect(await holder('r1')).toBeNull()
  })

  test('only the hashes of the newest eight refreshed refresh tokens are kept', async () => {
    await using vault = await openWithConnection()
    await remember(vault, 'arrived', ['imported'])
    await remember(vault, 'received', names('r', 1_000))
    expect(await known(vault, ['imported', 'r0', 'r500', 'r991'])).toEqual(['imported'])
    const newest = names('r', 1_000).slice(-8)
    expect(await known(vault, newest)).toEqual(newest)
    expect(await behind(vault, hashes)).toHaveLength(9)
  })

  test("an app's repeated imports leave at most 32 hashes of refresh tokens", async () => {
    await using vault = await openWithConnection()
    await remember(vault, 'arrived', names('i', 200))
    expect(await behind(vault, hashes)).toHaveLength(32)
    expect(await known(vault, ['i199'])).toEqual(['i199'])
  })

  test('the hashes of the newest eight refresh tokens are kept after the clock was set back', async () => {
    await using vault = await openWithConnection()
    await remember(vault, 'received', names('r', 20))
    await remember(vault, 'received', names('back', 6), updatedAt - 3_600_000)
    const newest = ['r18', 'r19', ...names('back', 6)]
    expect(await known(vault, ['r17', ...newest])).toEqual(newest)
  })

  test('a sweep trims hashes that an earlier version left, a hundred at a time', async () => {
    await using vault = await openWithConnection()
    await behind(vault, (db) => fillAsBefore(db, 950))
    const sizes: number[] = []
    for (;;) {
      const removed = await vault.store.write((trx) => trx.sweep(updatedAt))
      if (removed === 0) break
      sizes.push(removed)
    }
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100)
    expect(sizes.length).toBeGreaterThan(9)
    const newest = names('old ', 950).slice(-8)
    expect(await behind(vault, hashes)).toEqual(['old 0', ...newest])
  })

  test('the hashes of a connection that an earlier version left are trimmed before its deletion', async () => {
    await using vault = await openWithConnection()
    await behind(vault, (db) => fillAsBefore(db, 250))
    const trim = () => vault.store.write((trx) => trx.trimRefreshTokens(id))
    expect([await trim(), await trim(), await trim(), await trim(), await trim()]).toEqual([
      100, 100, 41, 9, 0,
    ])
  })
})

async function remember(
  { store }: OpenVault,
  origin: TokenOrigin,
  tokens: readonly string[],
  at = updatedAt,
): Promise<void> {
  await store.write(async (trx) => {
    for (const [n, token] of tokens.entries()) {
      const holder = { ...makeConnection(), updatedAt: at + n }
      await trx.rememberRefreshToken(holder, new Secret(token), origin)
    }
  })
}

/** The tokens that the store knows to belong to a connection. */
async function known({ store }: OpenVault, tokens: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const token of tokens) {
    if ((await store.holderOfRefreshToken(acme, new Secret(token))) !== null) found.push(token)
  }
  return found
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${n}`)
}

/** Inserts hashes as an earlier version did, without origin and without a bound. */
async function fillAsBefore(db: Kysely<Schema>, count: number): Promise<void> {
  const rows = names('', count).map((n) => ({
    hash: `old ${n}`,
    connection_id: id,
    created_at: updatedAt + Number(n),
    arrived: null,
  }))
  await db.insertInto('refresh_token_hashes').values(rows).execute()
}

async function hashes(db: Kysely<Schema>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('refresh_token_hashes')
    .select('hash')
    .orderBy('created_at')
    .execute()
  return rows.map(({ hash }) => hash)
}

import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import type { LiveConnection } from '../../src/core/connection/connection.ts'
import { SealError } from '../../src/core/base/errors.ts'
import { type ConnectionId, newId } from '../../src/core/base/ids.ts'
import { Secret } from '../../src/core/base/secret.ts'
import type { ConnectionFilter } from '../../src/ports/store.ts'
import type { ConnectionTable } from '../../src/store/schema.ts'
import { makeConnection } from '../support/make-connection.ts'
import type { OpenVault } from '../support/open-vault-store.ts'
import type { TestDatabase } from './databases.ts'

export const EVERYTHING: ConnectionFilter = {
  userId: null,
  provider: null,
  status: null,
  expiringBefore: null,
  after: null,
  limit: 1_000,
  reach: { providers: null, userIdPrefix: null },
}

/** A connection with a value in every sealed column. */
export const FULL = makeConnection({
  id: idOf(2),
  label: 'Work',
  params: { tenant: 'contoso' },
  client: { id: 'client-1', secret: new Secret('client-secret') },
})

export type Damage = readonly (keyof ConnectionTable & `${string}_blob`)[]

/** A vault with `FULL` between two other connections of the same user and account. */
export async function stocked(database: TestDatabase, settings = {}): Promise<OpenVault> {
  const vault = await database.open(settings)
  await vault.store.write(async (trx) => {
    await trx.insertConnection(makeConnection({ id: idOf(1) }))
    await trx.insertConnection(FULL)
    await trx.insertConnection(makeConnection({ id: idOf(3) }))
  })
  return vault
}

/** Flips a bit of each column and returns the row as it was. */
export async function corrupt(
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

const PAGE_BYTES = 4096

/** Changes text in a file at rest: the first match on the root page of a table or index. */
export function alterOnPage(
  path: string,
  name: string,
  from: string,
  to = withBitFlipped(from),
): void {
  const raw = new Database(path, { readonly: true })
  const root = raw.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(name)
  raw.close()
  const file = readFileSync(path)
  const at = file.indexOf(from, (Number(root) - 1) * PAGE_BYTES)
  if (at >= Number(root) * PAGE_BYTES) throw new Error(`${from} is not on the page of ${name}`)
  file.write(to, at, 'latin1')
  writeFileSync(path, file)
}

/** Flips a bit of the third byte. */
export function withBitFlipped(text: string): string {
  const bytes = Buffer.from(text)
  bytes[2] = (bytes[2] ?? 0) ^ 2
  return bytes.toString('latin1')
}

/** Whether the refresh token opens to what was written. */
export function opens({ grant }: LiveConnection): boolean | 'throws' {
  try {
    return grant.refreshToken?.open().expose() === 'refresh-1'
  } catch (error) {
    if (error instanceof SealError) return 'throws'
    throw error
  }
}

export function idOf(n: number): ConnectionId {
  return newId('con', 1_000 + n, new Uint8Array(10))
}

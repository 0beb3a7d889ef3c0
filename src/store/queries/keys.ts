import type { Kysely } from 'kysely'
import type { Instant } from '../../core/base/ids.ts'
import type { Reads, VaultKeys, WrappedKey, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { lockSet } from '../sql/row-locks.ts'
import { readBytes, readInstant, readText, readTime } from '../rows/column.ts'
import type { Schema } from '../schema.ts'

const VAULT_ROW = 1

/** Returns null if there is no vault. Must work with the schema of every version. */
export async function readVaultKeys(db: Kysely<Schema>): Promise<VaultKeys | null> {
  const vault = await db
    .selectFrom('vault')
    .select(['vault_id', 'key_check'])
    .where('id', '=', VAULT_ROW)
    .executeTakeFirst()
  if (vault === undefined) return null
  const rows = await db
    .selectFrom('data_keys')
    .select(['id', 'purpose', 'wrapped', 'created_at', 'retired_at'])
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  const keys = rows.map((row): WrappedKey => ({
    id: readText(row.id),
    purpose: row.purpose === 'index' ? 'index' : 'data',
    wrapped: readBytes(row.wrapped),
    createdAt: readTime(row.created_at),
    retiredAt: readInstant(row.retired_at),
  }))
  return { vaultId: readText(vault.vault_id), check: readBytes(vault.key_check), keys }
}

/** Reads the last heartbeat of the previous process. */
export async function readLastAlive(db: Kysely<Schema>): Promise<Instant> {
  const query = db.selectFrom('vault').select('heartbeat_at').where('id', '=', VAULT_ROW)
  return readTime((await query.executeTakeFirstOrThrow()).heartbeat_at)
}

export function keyReads(context: ReadContext): Pick<Reads, 'vaultKeys'> {
  const { db } = context
  return {
    vaultKeys: async () => {
      await lockSet(context, 'data keys')
      const keys = await readVaultKeys(db)
      if (keys === null) throw new Error('an open vault has keys')
      return keys
    },
  }
}

export function keyWrites({ db }: WriteContext): Pick<Writes, 'saveVaultKeys'> {
  return {
    saveVaultKeys: async ({ keys }) => {
      const ids = keys.map(({ id }) => id)
      await db.deleteFrom('data_keys').where('id', 'not in', ids).execute()
      for (const key of keys.map(keyRow)) {
        const { wrapped, retired_at } = key
        await db
          .insertInto('data_keys')
          .values(key)
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ wrapped, retired_at }))
          .execute()
      }
    },
  }
}

export async function insertVault(db: Kysely<Schema>, vault: VaultKeys): Promise<void> {
  await db
    .insertInto('vault')
    .values({
      id: VAULT_ROW,
      vault_id: vault.vaultId,
      key_check: vault.check,
      event_sequence: 0,
      heartbeat_at: 0,
    })
    .execute()
  await db.insertInto('data_keys').values(vault.keys.map(keyRow)).execute()
}

function keyRow(key: WrappedKey) {
  return {
    id: key.id,
    purpose: key.purpose,
    wrapped: key.wrapped,
    created_at: key.createdAt,
    retired_at: key.retiredAt,
  }
}

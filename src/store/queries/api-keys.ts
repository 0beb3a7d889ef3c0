import type { KeyId } from '../../core/base/ids.ts'
import type { ApiKey, Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { locked, lockSet } from '../sql/row-locks.ts'
import { apiKeyRow, readApiKey } from '../rows/api-key-row.ts'
import type { ApiKeyTable } from '../schema.ts'

export function apiKeyReads(context: ReadContext): Pick<Reads, 'apiKeys' | 'liveApiKeys'> {
  const { db, cipher } = context
  const read = (rows: readonly ApiKeyTable[]): readonly ApiKey[] =>
    rows.map((row) => readApiKey(cipher, row)).filter((key): key is ApiKey => key !== null)
  return {
    apiKeys: async ({ after, limit }) => {
      const all = db.selectFrom('api_keys').selectAll().orderBy('id')
      const wanted = after === null ? all : all.where('id', '>', after)
      const found = await wanted.limit(limit + 1).execute()
      const rows = found.slice(0, limit)
      // Count rows, not opened keys: a page whose keys do not open must not look like the last
      // page.
      const last = found.length > limit ? rows.at(-1) : undefined
      return { keys: read(rows), next: last === undefined ? null : (last.id as KeyId) }
    },
    liveApiKeys: async () => {
      await lockSet(context, 'api keys')
      const live = db.selectFrom('api_keys').selectAll().where('revoked_at', 'is', null)
      return read(await live.execute())
    },
  }
}

export function apiKeyWrites(context: WriteContext): Pick<Writes, 'insertApiKey' | 'revokeApiKey'> {
  const { db, cipher } = context
  return {
    insertApiKey: async (key) => {
      await db.insertInto('api_keys').values(apiKeyRow(cipher, key)).execute()
    },
    revokeApiKey: async (id, now) => {
      const row = await locked(context, db.selectFrom('api_keys').selectAll())
        .where('id', '=', id)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      if (row === undefined) return { won: false }
      const key = readApiKey(cipher, row)
      const revoked =
        key === null ? { revoked_at: now } : apiKeyRow(cipher, { ...key, revokedAt: now })
      await db.updateTable('api_keys').set(revoked).where('id', '=', id).execute()
      return { won: true }
    },
  }
}

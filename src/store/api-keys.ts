import type { ApiKey, Reads, Writes } from '../ports/store.ts'
import type { ReadContext, WriteContext } from './context.ts'
import { apiKeyRow, readApiKey } from './rows/api-key-row.ts'

export function apiKeyReads({ db, cipher }: ReadContext): Pick<Reads, 'apiKeys'> {
  return {
    apiKeys: async () => {
      const rows = await db.selectFrom('api_keys').selectAll().orderBy('id').execute()
      return rows.map((row) => readApiKey(cipher, row)).filter((key): key is ApiKey => key !== null)
    },
  }
}

export function apiKeyWrites({
  db,
  cipher,
}: WriteContext): Pick<Writes, 'insertApiKey' | 'revokeApiKey'> {
  return {
    insertApiKey: async (key) => {
      await db.insertInto('api_keys').values(apiKeyRow(cipher, key)).execute()
    },
    revokeApiKey: async (id, now) => {
      const row = await db
        .selectFrom('api_keys')
        .selectAll()
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

import type { KeyId } from '../../core/base/ids.ts'
import type { ApiKey } from '../../ports/store.ts'
import type { ApiKeyTable } from '../schema.ts'
import { readInstant, readText, readTime, writeInstant, writeInstantOrNull } from './column.ts'
import { type ColumnPlace, openJson, type RowCipher, sealJson } from './row-cipher.ts'

/** The sealed JSON of `key_blob`. */
type StoredKey = Pick<ApiKey, 'name' | 'hash' | 'permissions' | 'providers' | 'userIdPrefix'>

/**
 * Hash and permissions are sealed, so that write access to the database is not enough to add a key.
 * Returns null if the blob does not open.
 */
export function readApiKey(cipher: RowCipher, row: ApiKeyTable): ApiKey | null {
  const id = readText(row.id) as KeyId
  const revokedAt = readInstant(row.revoked_at)
  const stored = openJson(cipher, row.key_blob, apiKeyPlace(id, revokedAt)) as StoredKey | null
  if (stored === null) return null
  return { ...stored, id, createdAt: readTime(row.created_at), revokedAt }
}

export function apiKeyRow(cipher: RowCipher, key: ApiKey): ApiKeyTable {
  const { id, name, hash, permissions, providers, userIdPrefix, revokedAt } = key
  const stored: StoredKey = { name, hash, permissions, providers, userIdPrefix }
  return {
    id,
    key_blob: sealJson(cipher, stored, apiKeyPlace(id, revokedAt)),
    created_at: writeInstant(key.createdAt),
    revoked_at: writeInstantOrNull(revokedAt),
  }
}

/**
 * A revoked key is sealed in the next generation, so clearing `revoked_at` does not restore the
 * key.
 */
export function apiKeyPlace(id: KeyId, revokedAt: number | null): ColumnPlace {
  return { id, table: 'api_keys', row: id, field: 'key', generation: revokedAt === null ? 0 : 1 }
}

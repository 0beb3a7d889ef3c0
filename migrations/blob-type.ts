import { type Kysely, PostgresAdapter } from 'kysely'

/** Bytes, in the one word for them that differs between the dialects. */
export function blobType(db: Kysely<unknown>): 'bytea' | 'blob' {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'bytea' : 'blob'
}

import { type Kysely, PostgresAdapter } from 'kysely'

/** Returns the type for bytes, which has another name in PostgreSQL. */
export function blobType(db: Kysely<unknown>): 'bytea' | 'blob' {
  return db.getExecutor().adapter instanceof PostgresAdapter ? 'bytea' : 'blob'
}

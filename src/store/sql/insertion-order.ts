import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'
import type { Schema } from '../schema.ts'

/** Returns the column of `refresh_token_hashes` that grows with each inserted row. */
export function insertionOrder(db: Kysely<Schema>): RawBuilder<unknown> {
  return db.getExecutor().adapter instanceof PostgresAdapter ? sql`seq` : sql`rowid`
}

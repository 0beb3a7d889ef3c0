import type { CompiledQuery, Kysely } from 'kysely'
import type { ConnectionId, ProviderId, UserId } from '../core/base/ids.ts'
import type { Random } from '../ports/ports.ts'
import type { EventBuffer } from './event-buffer.ts'
import type { RowCipher } from './rows/row-cipher.ts'
import type { Schema } from './schema.ts'

/** `db` is the database or one transaction. */
export type ReadContext = {
  readonly db: Kysely<Schema>
  readonly cipher: RowCipher
  /** Whether reads lock their rows: in a transaction of PostgreSQL. */
  readonly locks?: boolean
}

/** Runs a select outside of transactions. Returns the rows at once if the database can. */
export type ReadRows = <R>(query: CompiledQuery<R>) => readonly R[] | Promise<readonly R[]>

export type WriteContext = ReadContext & {
  readonly random: Pick<Random, 'bytes'>
  readonly changes: ChangeLog
  /** Null: events are written at once. */
  readonly events: EventBuffer | null
}

/** The cache entries that a transaction made stale. */
export type ChangeLog = {
  readonly connections: Set<ConnectionId>
  /** Users whose list has a new connection. */
  readonly owners: Set<OwnerKey>
}

export type OwnerKey = string & { readonly brand: 'OwnerKey' }

export function ownerKey(userId: UserId, provider: ProviderId): OwnerKey {
  return `${provider}/${userId}` as OwnerKey
}

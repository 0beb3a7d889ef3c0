import type { Kysely } from 'kysely'
import type { Instant } from '../core/base/ids.ts'
import type { Store, VaultKeys } from '../ports/store.ts'
import type { Schema } from './schema.ts'
import type { StoreOptions } from './store.ts'

/** What can be read from a vault without its master key. */
export type FoundVault = {
  readonly keys: VaultKeys
  readonly lastAliveAt: Instant
  /** False if a damaged index hides rows or lists wrong rows. */
  readonly indexesFit: boolean
  /**
   * When the whole file was last checked. Null if the end of the last process was not clean, or if
   * the file was changed or replaced since: then the open store checks the file.
   */
  readonly checkedAt: Instant | 'now' | null
}

/** A database that was read but not written. Check the master key before you call `openStore`. */
export interface VaultDatabase extends AsyncDisposable {
  /** Null if there is no vault yet: call `create`. */
  readonly keys: VaultKeys | null
  /** The heartbeat of the last process; null if there is no vault. */
  readonly lastAliveAt: Instant | null
  /** If false, `openStore` rebuilds the indexes. */
  readonly indexesFit: boolean
  create(keys: VaultKeys): Promise<void>
  /**
   * Creates the vault with the rows that `fill` inserts. If `fill` throws, there is no vault. Call
   * only if `keys` is null.
   */
  createFrom(fill: (trx: Kysely<Schema>) => Promise<void>): Promise<void>
  /** Reads the tables of a vault that was written by this version. No other process writes. */
  readTables<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T>
  /** Marks the vault as moved. Later starts refuse it. */
  retire(): Promise<void>
  /** Migrates the database and opens it for writing. Disposing the store closes the database. */
  openStore(options: StoreOptions): Promise<Store>
}

import type { Store, VaultKeys } from '../ports.ts'
import type { StoreOptions } from './store.ts'

/** A database that has been looked at and not been written to: first the key, then the store. */
export interface VaultDatabase extends AsyncDisposable {
  /** Null where there is no vault yet: then `create` makes it. */
  readonly keys: VaultKeys | null
  create(keys: VaultKeys): Promise<void>
  /** Migrates and opens for writing. Disposing of the store closes the database. */
  openStore(options: StoreOptions): Promise<Store>
}

import type { Instant } from '../core/base/ids.ts'
import type { Store, VaultKeys } from '../ports/store.ts'
import type { StoreOptions } from './store.ts'

/** What a vault tells before its key is known. */
export type FoundVault = {
  readonly keys: VaultKeys
  readonly lastAliveAt: Instant
  /** False where a damaged index hides rows that its table holds, or shows them in another place. */
  readonly indexesFit: boolean
}

/** A database that has been looked at and not been written to: first the key, then the store. */
export interface VaultDatabase extends AsyncDisposable {
  /** Null where there is no vault yet: then `create` makes it. */
  readonly keys: VaultKeys | null
  /** When a process last wrote that it is there; null where there is no vault. */
  readonly lastAliveAt: Instant | null
  /** False: `openStore` makes the indexes anew. */
  readonly indexesFit: boolean
  create(keys: VaultKeys): Promise<void>
  /** Migrates and opens for writing. Disposing of the store closes the database. */
  openStore(options: StoreOptions): Promise<Store>
}

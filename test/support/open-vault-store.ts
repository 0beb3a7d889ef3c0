import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock, DataKeys, Random, Sealer } from '../../src/ports/ports.ts'
import type { Store } from '../../src/ports/store.ts'
import { createKeyring, openKeyring } from '../../src/seal/keyring.ts'
import { createSealer } from '../../src/seal/sealer.ts'
import { dropPostgresVault, openPostgresVault } from './open-postgres-vault.ts'
import { openSqlite } from '../../src/store/sqlite/open-sqlite.ts'
import type { VaultDatabase } from '../../src/store/vault-database.ts'
import type { Unreadable } from '../../src/store/rows/row-cipher.ts'
import { systemClock, systemRandom } from '../../src/observe/system-clock.ts'
import { ON_POSTGRES } from './on-postgres.ts'

export type OpenVault = AsyncDisposable & {
  readonly dataDir: string
  readonly store: Store
  readonly sealer: Sealer
  readonly dataKeys: DataKeys
  /** Null if the vault was just made. */
  readonly lastAliveAt: number | null
  /** False if the start rebuilt indexes. */
  readonly indexesFit: boolean
  /** Sealed values that could not be opened so far. */
  readonly unreadable: readonly Unreadable[]
}

export type VaultSettings = {
  /** A directory that outlives the vault. The default is a new one, which is removed on disposal. */
  readonly dataDir?: string
  readonly clock?: Pick<Clock, 'now' | 'sleep'>
  readonly random?: Pick<Random, 'bytes'>
  readonly cacheBytes?: number
  /** Any text, from which the master key is derived. */
  readonly master?: string
  readonly database?: 'sqlite' | 'postgres'
  /** PostgreSQL: whether several stores may open this vault. */
  readonly sharing?: 'alone' | 'shared'
}

/** The database of the run: `LARDER_TEST_DATABASE`, or SQLite. */
function defaultDatabase(): 'sqlite' | 'postgres' {
  return ON_POSTGRES ? 'postgres' : 'sqlite'
}

/** Opens keyring and store on real files, as the daemon does. Makes a vault if there is none. */
export async function openVaultStore(settings: VaultSettings = {}): Promise<OpenVault> {
  const { clock = systemClock, random = systemRandom, cacheBytes } = settings
  const dataDir = settings.dataDir ?? (await mkdtemp(join(tmpdir(), 'larder-vault-')))
  const kind = settings.database ?? defaultDatabase()
  const database = await (kind === 'sqlite'
    ? openSqlite(dataDir)
    : openPostgresVault(dataDir, settings.sharing))
  try {
    const keyring = await keyringOf(database, masterKey(settings.master), clock.now())
    const sealer = createSealer(keyring)
    const unreadable: Unreadable[] = []
    const store = await database.openStore({
      sealer,
      clock,
      random,
      ...(cacheBytes !== undefined && { cacheBytes }),
      onUnreadable: (found) => unreadable.push(found),
    })
    const dispose = async (): Promise<void> => {
      await store[Symbol.asyncDispose]()
      keyring[Symbol.dispose]()
      if (settings.dataDir !== undefined) return
      if (kind === 'postgres') await dropPostgresVault(dataDir)
      await rm(dataDir, { recursive: true, force: true })
    }
    const { lastAliveAt, indexesFit } = database
    const vault = { dataDir, store, sealer, dataKeys: keyring, lastAliveAt, indexesFit, unreadable }
    return { ...vault, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}

async function keyringOf(database: VaultDatabase, master: Uint8Array, now: number) {
  if (database.keys !== null) return openKeyring(master, database.keys)
  const { records, keyring } = await createKeyring(master, randomUUID(), now)
  await database.create(records)
  return keyring
}

/** Returns a new copy each time, because opening a keyring wipes its key. */
export function masterKey(text = 'a master key for tests'): Uint8Array {
  return createHash('sha256').update(text).digest()
}

import { Kysely, sql } from 'kysely'
import type { Pool } from 'pg'
import type { Instant } from '../../core/base/ids.ts'
import type { PostgresSettings } from '../../ports/database-settings.ts'
import type { Store, VaultKeys } from '../../ports/store.ts'
import { BINDINGS } from '../bindings.ts'
import { assertNewestStep, migrate } from '../migrate.ts'
import { OpenError } from '../open-error.ts'
import { clearLeases } from '../queries/attempts.ts'
import { insertVault, readLastAlive, readVaultKeys } from '../queries/keys.ts'
import type { Schema } from '../schema.ts'
import { type Checker, createStore, heartbeat, type StoreOptions } from '../store.ts'
import type { VaultDatabase } from '../vault-database.ts'
import { checkServer } from './check-server.ts'
import { commitOutcome } from './commit-outcome.ts'
import { VaultPostgresDialect } from './dialect.ts'
import { holdVault, type VaultHold } from './hold-vault.ts'
import { openPool, poolForKysely } from './pool.ts'
import { connectionConfig } from './settings.ts'
import { sortPostgresError, sortStartError } from './sort-error.ts'
import { hasVaultTables, MOVED_TABLE } from './vault-tables.ts'

const TABLES = Object.keys(BINDINGS)

/**
 * Takes the vault in a PostgreSQL database for this process and reads it without writing. Throws
 * `OpenError` if the vault must not be opened, and `StoreError` if it cannot be read. `lock` is
 * released when the vault is closed.
 */
export async function openPostgres(
  settings: PostgresSettings,
  lock?: Disposable,
): Promise<VaultDatabase> {
  const hold = async (): Promise<VaultHold> => {
    const held = await holdVault(connectionConfig(settings))
    const dispose = async (): Promise<void> => {
      await held[Symbol.asyncDispose]()
      lock?.[Symbol.dispose]()
    }
    return { ...held, [Symbol.asyncDispose]: dispose }
  }
  return openShared(settings, { hold })
}

export type Sharing = {
  readonly hold: () => Promise<VaultHold>
  /** Whether a server without fsync is accepted. */
  readonly allowsNoFsync?: boolean
}

/** Like `openPostgres`. The caller decides how processes share the vault. */
export async function openShared(
  settings: PostgresSettings,
  { hold, allowsNoFsync = false }: Sharing,
): Promise<VaultDatabase> {
  const pool = openPool(settings)
  const db = new Kysely<Schema>({
    dialect: new VaultPostgresDialect(poolForKysely(pool), {
      statementTimeoutMs: settings.statementTimeoutMs,
      outcomeOf: (id) => commitOutcome(pool, id),
    }),
  })
  let held: VaultHold | undefined
  try {
    await checkServer(pool, { tables: TABLES, allowsNoFsync })
    held = await hold()
    return new PostgresVault({ db, held, found: await find(db) })
  } catch (error) {
    await held?.[Symbol.asyncDispose]()
    await endPool(pool, db)
    throw sortStartError(error)
  }
}

type Found = { readonly keys: VaultKeys; readonly lastAliveAt: Instant }

async function find(db: Kysely<Schema>): Promise<Found | null> {
  if (!(await hasVaultTables(db, TABLES))) return null
  const keys = await readVaultKeys(db)
  // A process that ended between its migrations and `create` leaves tables without a row.
  if (keys === null) return null
  return { keys, lastAliveAt: await readLastAlive(db) }
}

async function endPool(pool: Pool, db: Kysely<Schema>): Promise<void> {
  await db.destroy()
  if (!pool.ended) await pool.end()
}

class PostgresVault implements VaultDatabase {
  readonly keys: VaultKeys | null
  readonly lastAliveAt: Instant | null
  readonly indexesFit = true
  readonly #db: Kysely<Schema>
  readonly #held: VaultHold

  constructor(at: {
    readonly db: Kysely<Schema>
    readonly held: VaultHold
    readonly found: Found | null
  }) {
    this.keys = at.found?.keys ?? null
    this.lastAliveAt = at.found?.lastAliveAt ?? null
    this.#db = at.db
    this.#held = at.held
  }

  create(keys: VaultKeys): Promise<void> {
    return this.createFrom((trx) => insertVault(trx, keys))
  }

  async createFrom(fill: (trx: Kysely<Schema>) => Promise<void>): Promise<void> {
    if (this.keys !== null) throw new Error('there is a vault already')
    try {
      await migrate(this.#db)
      if ((await readVaultKeys(this.#db)) !== null) throw new OpenError('database_in_use')
      await this.#db.transaction().execute(fill)
    } catch (error) {
      throw sortPostgresError(error)
    }
  }

  async readTables<T>(work: (db: Kysely<Schema>) => Promise<T>): Promise<T> {
    try {
      await assertNewestStep(this.#db)
      return await work(this.#db)
    } catch (error) {
      throw sortPostgresError(error)
    }
  }

  async retire(): Promise<void> {
    await sql`alter table vault rename to ${sql.ref(MOVED_TABLE)}`.execute(this.#db)
  }

  async openStore(options: StoreOptions): Promise<Store> {
    const db = this.#db
    try {
      await migrate(db)
      await this.#held.claim()
      // No other process holds the vault, so all leases are void. Intents stay.
      await clearLeases(db)
      await heartbeat(db, options.clock.now())
    } catch (error) {
      throw sortPostgresError(error)
    }
    return createStore(db, {
      ...options,
      sortError: sortPostgresError,
      prepareWriting: this.#held.ensure,
      checker: NO_CHECKER,
      locks: true,
      groups: { atOnce: 8, most: 8, turnsBefore: 1 },
      logBytes: () => 0,
      emptyLog: async () => {},
      close: () => this[Symbol.asyncDispose](),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#db.destroy()
    await this.#held[Symbol.asyncDispose]()
  }
}

/** PostgreSQL checks its own pages (`data_checksums`), so nothing is checked here. */
const NO_CHECKER: Checker = {
  last: { result: null, endedAt: null },
  check: async () => null,
  suspect: () => {},
}

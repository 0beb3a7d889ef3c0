import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
} from 'kysely'
import { StoreError } from '../../core/base/errors.ts'
import { isLostConnection } from './sort-error.ts'
import type { CommitOutcome } from './commit-outcome.ts'

export type TransactionSettings = {
  readonly statementTimeoutMs: number
  /** Asks, on another connection, what became of a transaction. */
  readonly outcomeOf: (transactionId: string) => Promise<CommitOutcome>
}

/** The PostgreSQL dialect of the vault. */
export class VaultPostgresDialect extends PostgresDialect {
  readonly #pool: PostgresPool
  readonly #settings: TransactionSettings

  constructor(pool: PostgresPool, settings: TransactionSettings) {
    super({ pool })
    this.#pool = pool
    this.#settings = settings
  }

  override createDriver(): Driver {
    return new VaultPostgresDriver(this.#pool, this.#settings)
  }
}

type Connection = Parameters<PostgresDriver['rollbackTransaction']>[0]
type BeginRow = { readonly id: string }

const LOCK_TIMEOUT_MS = 2_000
/** A process that is stopped inside a transaction must not hold its row locks for longer. */
const IDLE_TIMEOUT_MS = 5_000

class VaultPostgresDriver extends PostgresDriver {
  readonly #begin: CompiledQuery
  readonly #outcomeOf: TransactionSettings['outcomeOf']
  readonly #transactionIds = new WeakMap<DatabaseConnection, string>()

  constructor(pool: PostgresPool, { statementTimeoutMs, outcomeOf }: TransactionSettings) {
    super({ pool })
    this.#outcomeOf = outcomeOf
    // One message, so that the settings and the id cost no round trip.
    this.#begin = CompiledQuery.raw(
      `begin isolation level read committed;
      set local statement_timeout = ${statementTimeoutMs};
      set local lock_timeout = ${LOCK_TIMEOUT_MS};
      set local idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS};
      select pg_current_xact_id()::text as id`,
    )
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      const { rows } = await connection.executeQuery<BeginRow>(this.#begin)
      this.#transactionIds.set(connection, rows[0]?.id ?? '')
    } catch (error) {
      // The message may have begun a transaction before it failed.
      await this.rollbackTransaction(connection as Connection)
      throw error
    }
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.commitTransaction(connection)
    } catch (error) {
      if (!isLostConnection(error)) throw error
      const outcome = await this.#outcomeOf(this.#transactionIds.get(connection) ?? '')
      // An aborted transaction is retried, like one that met a lock.
      if (outcome === 'aborted') throw new StoreError('locked', error)
      if (outcome === 'unknown') throw new StoreError('unreachable', error, { isUnknown: true })
    }
  }

  /** Never throws, because that would hide the first error. A broken connection is discarded. */
  override async rollbackTransaction(connection: Connection): Promise<void> {
    try {
      await super.rollbackTransaction(connection)
    } catch {
      // The server rolls back when the connection ends.
    }
  }
}

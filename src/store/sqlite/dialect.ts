import type Database from 'better-sqlite3'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
} from 'kysely'
import { LRUCache } from 'lru-cache'

/** The SQLite dialect of the vault. */
export class VaultSqliteDialect extends SqliteDialect {
  readonly #raw: Database.Database

  constructor(raw: Database.Database) {
    super({ database: raw })
    this.#raw = raw
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#raw)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdlAdapter()
  }
}

/** SQLite rolls schema changes back, so a migration may run in a transaction. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #raw: Database.Database

  constructor(raw: Database.Database) {
    super({ database: withCachedStatements(raw) })
    this.#raw = raw
  }

  /**
   * Begins an immediate transaction. A deferred transaction that starts with a read fails if
   * another connection writes first.
   */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /**
   * Rolls back only an open transaction. After some failures, such as a full disk, SQLite has
   * already rolled back, and a second rollback would hide the first error. A failed commit may
   * leave the transaction open.
   */
  override async rollbackTransaction(): Promise<void> {
    if (this.#raw.inTransaction) this.#raw.exec('rollback')
  }
}

const STATEMENTS = 500

/**
 * Caches prepared statements, because preparing costs more than running. The cache is bounded,
 * because SQL texts vary with the length of lists.
 */
export function withCachedStatements(raw: Database.Database): SqliteDatabase {
  const statements = new LRUCache<string, Database.Statement>({ max: STATEMENTS })
  return {
    prepare: (sql) => {
      const known = statements.get(sql)
      if (known !== undefined) return known
      const statement = raw.prepare(sql)
      statements.set(sql, statement)
      return statement
    },
    close: () => raw.close(),
  }
}

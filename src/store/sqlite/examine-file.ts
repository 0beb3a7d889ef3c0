import Database from 'better-sqlite3'
import { BUSY_TIMEOUT_MS } from './pragmas.ts'

/** `indexes`: the tables are whole, but an index does not match its table. */
export type Finding = 'whole' | 'indexes' | 'damaged'

/** Tables that stay small. Their content decides who may call and how Larder behaves. */
const SMALL_TABLES = ['vault', 'data_keys', 'api_keys', 'circuits', 'webhooks', 'kysely_migration']

/** Checks the whole file. Takes about eight seconds for a million connections. */
export function examineFile(path: string): Finding {
  const raw = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  try {
    return examine(raw)
  } finally {
    raw.close()
  }
}

export function examine(raw: Database.Database): Finding {
  try {
    if (passes(raw, 'integrity_check(1)')) return 'whole'
    // `quick_check` is `integrity_check` without the comparison of indexes and tables.
    return passes(raw, 'quick_check(1)') ? 'indexes' : 'damaged'
  } catch (error) {
    if (isCorruption(error)) return 'damaged'
    throw error
  }
}

/** Checks the small tables and their indexes, in a few milliseconds. */
export function areSmallTablesWhole(raw: Database.Database): boolean {
  return SMALL_TABLES.every((table) => passes(raw, `integrity_check('${table}')`))
}

export function isCorruption(error: unknown): boolean {
  if (!(error instanceof Database.SqliteError)) return false
  // `SQLITE_ERROR` means that a table or column is missing: the schema is damaged.
  return /^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(error.code)
}

function passes(raw: Database.Database, check: string): boolean {
  return raw.pragma(check, { simple: true }) === 'ok'
}

import Database from 'better-sqlite3'
import type { ReadRows } from '../context.ts'
import { withCachedStatements } from './dialect.ts'
import { applyReaderPragmas, BUSY_TIMEOUT_MS } from './pragmas.ts'

export type Reader = { readonly readRows: ReadRows; close(): void }

/**
 * Opens a second connection that only reads. Its reads do not wait for a running transaction, and
 * each of them sees the latest commit.
 */
export function openReader(path: string): Reader {
  const raw = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS })
  applyReaderPragmas(raw)
  const statements = withCachedStatements(raw)
  return {
    readRows: <R>({ sql, parameters }: Parameters<ReadRows>[0]) =>
      statements.prepare(sql).all(parameters) as R[],
    close: () => raw.close(),
  }
}

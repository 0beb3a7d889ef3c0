import { CompiledQuery, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/** The SQL of each table, because building an INSERT of many columns costs as much as its run. */
const inserts = new Map<string, string>()

/** Inserts a row that has a value or null for every column. */
export async function insertRow<T extends keyof Schema>(
  db: Kysely<Schema>,
  table: T,
  row: Readonly<Schema[T]>,
): Promise<void> {
  const columns = Object.keys(row)
  const key = `${table} ${columns.join()}`
  let sql = inserts.get(key)
  if (sql === undefined) {
    const values = row as never
    sql = db.insertInto(table).values(values).compile().sql
    inserts.set(key, sql)
  }
  await db.executeQuery(CompiledQuery.raw(sql, Object.values(row)))
}

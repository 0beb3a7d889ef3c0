import type { Kysely } from 'kysely'
import type { ConnectionTable, Schema } from '../schema.ts'
import { builtQuery } from './built-query.ts'

/** Inserts a row that has a value or null for every column. */
export async function insertRow<T extends keyof Schema>(
  db: Kysely<Schema>,
  table: T,
  row: Readonly<Schema[T]>,
): Promise<void> {
  const key = `insert ${table} ${Object.keys(row).join()}`
  const build = () => db.insertInto(table).values(row as never)
  await db.executeQuery(builtQuery(db, key, Object.values(row), build))
}

/**
 * Changes the connection that has these values. `fence` must include the id. Returns whether there
 * is one.
 */
export async function updateConnection(
  db: Kysely<Schema>,
  changes: Partial<ConnectionTable>,
  fence: Partial<ConnectionTable>,
): Promise<boolean> {
  const conditions = Object.entries(fence)
  const operators = conditions.map(([, value]) => (value === null ? 'is' : '='))
  const key = `update ${Object.keys(changes).join()} if ${Object.keys(fence).join()} ${operators.join()}`
  const compared = conditions.flatMap(([, value]) => (value === null ? [] : [value]))
  const query = builtQuery(db, key, [...Object.values(changes), ...compared], () =>
    conditions.reduce(
      (update, [column, value], n) =>
        update.where(column as keyof ConnectionTable, operators[n] ?? '=', value as never),
      db.updateTable('connections').set(changes),
    ),
  )
  const { numAffectedRows } = await db.executeQuery(query)
  return numAffectedRows === 1n
}

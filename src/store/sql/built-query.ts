import { type Compilable, CompiledQuery, type DialectAdapter, type Kysely } from 'kysely'
import type { Schema } from '../schema.ts'

/**
 * The queries of each open database, because the SQL depends on the dialect. They have no
 * parameters, because a built query would keep the values of its first call.
 */
const queriesOf = new WeakMap<DialectAdapter, Map<string, CompiledQuery>>()

/**
 * Returns a query whose SQL Kysely builds once, because building costs as much as running. `key`
 * names everything that the SQL depends on; `build` may depend on nothing else. `parameters` are
 * all values of the query, in its order.
 */
export function builtQuery<R>(
  db: Kysely<Schema>,
  key: string,
  parameters: readonly unknown[],
  build: () => Compilable<R>,
): CompiledQuery<R> {
  const queries = queriesFor(db.getExecutor().adapter)
  let query = queries.get(key)
  if (query === undefined) {
    const built = build().compile()
    if (built.parameters.length !== parameters.length) throw new Error(`wrong parameters: ${key}`)
    query = CompiledQuery.raw(built.sql)
    queries.set(key, query)
  }
  return { ...(query as CompiledQuery<R>), parameters }
}

function queriesFor(adapter: DialectAdapter): Map<string, CompiledQuery> {
  const known = queriesOf.get(adapter)
  if (known !== undefined) return known
  const queries = new Map<string, CompiledQuery>()
  queriesOf.set(adapter, queries)
  return queries
}

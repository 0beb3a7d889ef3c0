import { type Compilable, CompiledQuery } from 'kysely'

/** Without parameters, because a built query would keep the values of its first call. */
const queries = new Map<string, CompiledQuery>()

/**
 * Returns a query whose SQL Kysely builds once, because building costs as much as running. `key`
 * names everything that the SQL depends on; `build` may depend on nothing else. `parameters` are
 * all values of the query, in its order.
 */
export function builtQuery<R>(
  key: string,
  parameters: readonly unknown[],
  build: () => Compilable<R>,
): CompiledQuery<R> {
  let query = queries.get(key)
  if (query === undefined) {
    const built = build().compile()
    if (built.parameters.length !== parameters.length) throw new Error(`wrong parameters: ${key}`)
    query = CompiledQuery.raw(built.sql)
    queries.set(key, query)
  }
  return { ...(query as CompiledQuery<R>), parameters }
}

import { type Compilable, CompiledQuery } from 'kysely'

const texts = new Map<string, string>()

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
  let sql = texts.get(key)
  if (sql === undefined) {
    const built = build().compile()
    if (built.parameters.length !== parameters.length) throw new Error(`wrong parameters: ${key}`)
    sql = built.sql
    texts.set(key, sql)
  }
  return CompiledQuery.raw(sql, [...parameters])
}

import { type Expression, sql, type SqlBool } from 'kysely'
import type { ConnectionFilter } from '../../ports/store.ts'

type Reach = ConnectionFilter['reach']

/** Matches the providers that a caller may use. */
export function ofProviders(column: Expression<string>, { providers }: Reach): Expression<SqlBool> {
  if (providers === null) return sql<SqlBool>`true`
  // An empty list is a syntax error in one dialect.
  if (providers.length === 0) return sql<SqlBool>`false`
  return sql<SqlBool>`${column} in (${sql.join([...providers])})`
}

/** Matches the users that a caller may use. */
export function ofUsers(
  column: Expression<string | null>,
  { userIdPrefix }: Reach,
): Expression<SqlBool> {
  if (userIdPrefix === null) return sql<SqlBool>`true`
  // Not `like`, which ignores case in one dialect. The length is in code points, as databases count.
  const length = Array.from(userIdPrefix).length
  return sql<SqlBool>`substr(${column}, 1, ${length}) = ${userIdPrefix}`
}

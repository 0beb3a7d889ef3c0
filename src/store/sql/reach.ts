import { type Expression, sql, type SqlBool } from 'kysely'
import type { ConnectionFilter } from '../../ports/store.ts'

type Reach = ConnectionFilter['reach']

/** Matches the providers that a caller may use. */
export function ofProviders(column: Expression<string>, { providers }: Reach): Expression<SqlBool> {
  if (providers === null) return sql<SqlBool>`true`
  // `in ()` is a syntax error in PostgreSQL.
  if (providers.length === 0) return sql<SqlBool>`false`
  return sql<SqlBool>`${column} in (${sql.join([...providers])})`
}

/** Matches the users that a caller may use. */
export function ofUsers(
  column: Expression<string | null>,
  { userIdPrefix }: Reach,
): Expression<SqlBool> {
  if (userIdPrefix === null) return sql<SqlBool>`true`
  // `like` ignores case in SQLite. The length is in code points, because `substr` counts code
  // points.
  const length = Array.from(userIdPrefix).length
  return sql<SqlBool>`substr(${column}, 1, ${length}) = ${userIdPrefix}`
}

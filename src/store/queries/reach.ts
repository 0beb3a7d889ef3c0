import { type Expression, sql, type SqlBool } from 'kysely'
import type { ConnectionFilter } from '../../ports/store.ts'

type Reach = ConnectionFilter['reach']

/** Rows of the providers that a caller reaches. */
export function ofProviders(column: Expression<string>, { providers }: Reach): Expression<SqlBool> {
  if (providers === null) return sql<SqlBool>`true`
  // An empty list is a syntax error in one of the dialects.
  if (providers.length === 0) return sql<SqlBool>`false`
  return sql<SqlBool>`${column} in (${sql.join([...providers])})`
}

/** Rows of the users that a caller reaches. */
export function ofUsers(
  column: Expression<string | null>,
  { userIdPrefix }: Reach,
): Expression<SqlBool> {
  if (userIdPrefix === null) return sql<SqlBool>`true`
  // Not LIKE, which takes letters of either case for equal in one of the dialects. Databases count
  // code points, JavaScript the halves of the higher ones.
  const length = Array.from(userIdPrefix).length
  return sql<SqlBool>`substr(${column}, 1, ${length}) = ${userIdPrefix}`
}

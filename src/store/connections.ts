import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import { type Connection, isLive, type LiveConnection } from '../core/connection.ts'
import type { ConnectionId, Instant, ProviderId, UserId } from '../core/ids.ts'
import type { ConnectionFilter, Reads } from '../ports.ts'
import type { ReadContext } from './context.ts'
import { ofProviders, ofUsers } from './reach.ts'
import { accountHash, refreshTokenHash } from './rows/fingerprints.ts'
import { readConnection } from './rows/read-connection.ts'
import type { ConnectionTable, Schema } from './schema.ts'

type ConnectionReads = Pick<
  Reads,
  | 'connection'
  | 'connectionsOf'
  | 'listConnections'
  | 'dueConnections'
  | 'openAttempts'
  | 'connectionsOfAccount'
  | 'holderOfRefreshToken'
>

export function connectionReads(context: ReadContext): ConnectionReads {
  const { db, cipher } = context
  const read = (row: ConnectionTable): Connection => readConnection(cipher, row)
  const listed = () => selectListed(context)
  return {
    connection: async (id) => {
      const row = await connectionRowById(context, id)
      return row === undefined ? null : read(row)
    },
    connectionsOf: async (userId, provider) =>
      (await connectionRowsOf(context, userId, provider)).map(read),
    listConnections: async (filter) => {
      const query = listed().where(matches(filter)).orderBy('id').limit(filter.limit)
      return (await query.execute()).map(read)
    },
    dueConnections: (provider, now, limit) => dueConnections(context, { provider, now, limit }),
    openAttempts: async (limit) => {
      const rows = await db
        .selectFrom('connections')
        .selectAll()
        .where('attempt_sent_at', 'is not', null)
        .where('lease_until', 'is', null)
        // The newest may still be inside the provider's grace; the oldest are past it anyway.
        .orderBy('attempt_sent_at', 'desc')
        .limit(limit)
        .execute()
      return rows.map(read).filter((connection): connection is LiveConnection => isLive(connection))
    },
    connectionsOfAccount: async (provider, accountId) => {
      const query = listed()
        .where('provider', '=', provider)
        .where('account_hash', '=', accountHash(cipher, provider, accountId))
      return (await query.orderBy('id').execute()).map(read)
    },
    holderOfRefreshToken: async (provider, refreshToken) => {
      const row = await db
        .selectFrom('refresh_token_hashes')
        .select('connection_id')
        .where('hash', '=', refreshTokenHash(cipher, provider, refreshToken))
        .executeTakeFirst()
      return row === undefined ? null : { connectionId: row.connection_id as ConnectionId }
    },
  }
}

export function connectionRowById(
  { db }: ReadContext,
  id: ConnectionId,
): Promise<ConnectionTable | undefined> {
  return db.selectFrom('connections').selectAll().where('id', '=', id).executeTakeFirst()
}

export function connectionRowsOf(
  context: ReadContext,
  userId: UserId,
  provider: ProviderId | null,
): Promise<readonly ConnectionTable[]> {
  const ofUser = selectListed(context).where('user_id', '=', userId).orderBy('id')
  return (provider === null ? ofUser : ofUser.where('provider', '=', provider)).execute()
}

function selectListed({ db }: ReadContext) {
  return db.selectFrom('connections').selectAll().where('is_draft', '=', 0)
}

async function dueConnections(
  { db }: ReadContext,
  due: { readonly provider: ProviderId; readonly now: Instant; readonly limit: number },
): Promise<readonly ConnectionId[]> {
  const rows = await db
    .selectFrom('connections')
    .select('id')
    .where('provider', '=', due.provider)
    .where('due_at', '<=', due.now)
    .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<=', due.now)]))
    .orderBy('due_at')
    .orderBy('id')
    .limit(due.limit)
    .execute()
  return rows.map(({ id }) => id as ConnectionId)
}

function matches(filter: ConnectionFilter) {
  return (eb: ExpressionBuilder<Schema, 'connections'>): Expression<SqlBool> => {
    const { userId, provider, status, expiringBefore, after, reach } = filter
    const conditions: Expression<SqlBool>[] = []
    if (userId !== null) conditions.push(eb('user_id', '=', userId))
    if (provider !== null) conditions.push(eb('provider', '=', provider))
    if (status !== null) conditions.push(eb('status', '=', status))
    if (expiringBefore !== null) conditions.push(eb('token_expires_at', '<', expiringBefore))
    if (after !== null) conditions.push(eb('id', '>', after))
    // Hidden from the indexes: a page is found by walking the ids, not by sorting whole providers.
    const scanned = eb.fn.coalesce('provider', sql.lit(''))
    return eb.and([...conditions, ofProviders(scanned, reach), ofUsers(eb.ref('user_id'), reach)])
  }
}

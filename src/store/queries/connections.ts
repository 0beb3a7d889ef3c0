import {
  type CompiledQuery,
  type Expression,
  type ExpressionBuilder,
  sql,
  type SqlBool,
} from 'kysely'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import type { ConnectionId, Instant, ProviderId, UserId } from '../../core/base/ids.ts'
import type { ConnectionFilter, Reads } from '../../ports/store.ts'
import { providersInUse } from './census.ts'
import type { ReadContext } from '../context.ts'
import { builtQuery } from '../sql/built-query.ts'
import { countFitting } from './page-bytes.ts'
import { locked, lockedKey, lockSet } from '../sql/row-locks.ts'
import { ofProviders, ofUsers } from '../sql/reach.ts'
import { accountHash } from '../rows/fingerprints.ts'
import { readConnection } from '../rows/read-connection.ts'
import type { ConnectionTable, Schema } from '../schema.ts'

type ConnectionReads = Pick<
  Reads,
  | 'connection'
  | 'connectionsOf'
  | 'draftsOf'
  | 'provenDrafts'
  | 'listConnections'
  | 'connectionsOfAccount'
  | 'perhapsOfAccount'
>

type Db = ReadContext['db']

const SEALED_BYTES = sql<number>`
  length(profile_blob) + coalesce(length(settings_blob), 0)
  + coalesce(length(client_secret_blob), 0) + coalesce(length(credentials_blob), 0)
  + coalesce(length(access_token_blob), 0) + coalesce(length(refresh_token_blob), 0)`.as('bytes')

export function connectionReads(context: ReadContext): ConnectionReads {
  const { cipher } = context
  const read = (row: ConnectionTable): Connection => readConnection(cipher, row)
  return {
    connection: async (id) => {
      const row = await connectionRowById(context, id)
      return row === undefined ? null : read(row)
    },
    connectionsOf: async (userId, provider) => {
      await lockSet(context, 'user', userId)
      const { rows } = await context.db.executeQuery(listedOf(context, userId, provider))
      return sortedById(rows).map(read)
    },
    draftsOf: async (userId) => {
      await lockSet(context, 'user', userId)
      const drafts = context.db.selectFrom('connections').selectAll().where('is_draft', '=', 1)
      const ofUser = locked(context, drafts.where('user_id', '=', userId).orderBy('id'))
      return (await ofUser.execute()).map(read)
    },
    provenDrafts: async (limit) => {
      // Named by provider, because the index of drafts begins with it.
      const reach = { providers: await providersInUse(context.db), userIdPrefix: null }
      const proven = context.db
        .selectFrom('connections')
        .selectAll()
        .where((eb) => ofProviders(eb.ref('provider'), reach))
        .where('status', '=', 'active')
        .where('is_draft', '=', 1)
        .where('attempt_id', 'is', null)
      const rows = await proven.orderBy('id').limit(limit).execute()
      return rows
        .map(read)
        .filter(isLive)
        .filter(({ status }) => status === 'active')
    },
    listConnections: async (filter) => {
      const page = selectListed(context).where(matches(filter)).orderBy('id').limit(filter.limit)
      const sizes = await page.clearSelect().select(['id', SEALED_BYTES]).execute()
      const fitting = sizes.slice(0, countFitting(sizes)).map(({ id }) => id)
      if (fitting.length === 0) return []
      const rows = selectListed(context).where('id', 'in', fitting).orderBy('id')
      return (await rows.execute()).map(read)
    },
    connectionsOfAccount: async (provider, accountId) => {
      const account = accountHash(cipher, provider, accountId)
      await lockSet(context, 'account', account)
      const query = selectListed(context)
        .where('provider', '=', provider)
        .where('account_hash', '=', account)
      return (await locked(context, query.orderBy('id')).execute()).map(read)
    },
    perhapsOfAccount: async ({ providers, account, after, limit }) => {
      const ofAny = context.db
        .selectFrom('connections')
        .where('provider', 'in', providers)
        .$if(after !== null, (all) => all.where('id', '>', after))
      const id = account?.id ?? null
      const hashes = id === null ? [] : providers.map((one) => accountHash(cipher, one, id))
      // Two queries, because each uses an index. With `or`, SQLite would read all connections of
      // these providers.
      const known = ofAny.select('id').where('account_hash', 'in', hashes)
      const unknown = ofAny.select('id').where('account_hash', 'is', null)
      // `in ()` is a syntax error in PostgreSQL.
      const ids = hashes.length === 0 ? unknown : known.unionAll(unknown)
      const perhaps = context.db.selectFrom('connections').where('id', 'in', ids)
      const query = account === null ? ofAny : perhaps
      return (await query.selectAll().orderBy('id').limit(limit).execute()).map(read)
    },
  }
}

export async function connectionRowById(
  context: ReadContext,
  id: ConnectionId,
): Promise<ConnectionTable | undefined> {
  return (await context.db.executeQuery(connectionById(context, id))).rows[0]
}

type Query = Pick<ReadContext, 'db' | 'locks'>

export function connectionById(context: Query, id: ConnectionId): CompiledQuery<ConnectionTable> {
  const { db } = context
  return builtQuery(db, lockedKey(context, 'connection by id'), [id], () =>
    locked(context, db.selectFrom('connections').selectAll().where('id', '=', id)),
  )
}

/** The connections of a user, at one provider or at all. Drafts are left out. */
export function listedOf(
  context: Query,
  userId: UserId,
  provider: ProviderId | null,
): CompiledQuery<ConnectionTable> {
  const { db } = context
  const ofUser = () => locked(context, selectListed({ db }).where('user_id', '=', userId))
  if (provider === null) {
    return builtQuery(db, lockedKey(context, 'connections of a user'), [userId], ofUser)
  }
  const key = lockedKey(context, 'connections of a user at a provider')
  return builtQuery(db, key, [userId, provider], () => ofUser().where('provider', '=', provider))
}

/** One due connection of a provider. */
export function oneDueOf(
  db: Db,
  provider: ProviderId,
  now: Instant,
): CompiledQuery<{ readonly id: ConnectionId }> {
  return builtQuery(db, 'due connection of a provider', [provider, now], () =>
    db
      .selectFrom('connections')
      .select('id')
      .where('provider', '=', provider)
      .where('due_at', '<=', now)
      .limit(sql.lit(1)),
  )
}

/**
 * Sorts rows here, because SQLite compiles a query with bound values and ORDER BY again at each run.
 */
export function sortedById(rows: readonly ConnectionTable[]): readonly ConnectionTable[] {
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

/** The literal is no parameter, so that the other values keep their places. */
function selectListed({ db }: Pick<ReadContext, 'db'>) {
  return db.selectFrom('connections').selectAll().where('is_draft', '=', sql.lit(0))
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
    // `coalesce` prevents the use of the provider index. SQLite then reads in id order and needs no
    // sort.
    const scanned = eb.fn.coalesce('provider', sql.lit(''))
    return eb.and([...conditions, ofProviders(scanned, reach), ofUsers(eb.ref('user_id'), reach)])
  }
}

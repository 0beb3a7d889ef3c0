import { sql } from 'kysely'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { Reads, TokenOrigin, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { builtQuery } from '../sql/built-query.ts'
import { insertionOrder } from '../sql/insertion-order.ts'
import { lockSet } from '../sql/row-locks.ts'
import { writeInstant } from '../rows/column.ts'
import { refreshTokenHash } from '../rows/fingerprints.ts'

/**
 * How many refresh token hashes are stored per connection, by origin. Larder uses the hashes to
 * ignore an import of a token that the connection once had, because the token may be spent. Larder
 * also uses them to drop a queued revocation if another connection uses the token or its successor.
 * Tokens from a consent or import have the higher limit, because the app may import them again.
 */
const KEPT: Readonly<Record<TokenOrigin, number>> = { arrived: 32, received: 8 }

/** The most rows that one write deletes, to keep the write short. */
const TRIMMED_AT_ONCE = 100

type Context = Pick<WriteContext, 'db'>

export function refreshTokenReads(context: ReadContext): Pick<Reads, 'holderOfRefreshToken'> {
  const { db, cipher } = context
  return {
    holderOfRefreshToken: async (provider, refreshToken) => {
      const hash = refreshTokenHash(cipher, provider, refreshToken)
      await lockSet(context, 'refresh token', hash)
      const query = builtQuery(db, 'holder of a refresh token', [hash], () =>
        db.selectFrom('refresh_token_hashes').select('connection_id').where('hash', '=', hash),
      )
      const [row] = (await db.executeQuery(query)).rows
      return row === undefined ? null : { connectionId: row.connection_id as ConnectionId }
    },
  }
}

export function refreshTokenWrites(
  context: WriteContext,
): Pick<Writes, 'rememberRefreshToken' | 'moveRefreshTokens' | 'trimRefreshTokens'> {
  const { db, cipher } = context
  return {
    rememberRefreshToken: async ({ id, provider, updatedAt }, refreshToken, origin) => {
      const hash = refreshTokenHash(cipher, provider, refreshToken)
      const arrived = origin === 'arrived' ? 1 : 0
      const created_at = writeInstant(updatedAt)
      const row = { hash, connection_id: id, created_at, arrived } as const
      const query = builtQuery(db, 'remember a refresh token', Object.values(row), () =>
        db
          .insertInto('refresh_token_hashes')
          .values(row)
          // A hash that exists stays with its connection.
          .onConflict((conflict) => conflict.column('hash').doNothing()),
      )
      const { numAffectedRows } = await db.executeQuery(query)
      if (numAffectedRows !== 0n) await forgetOldest(context, { id, origin })
    },
    moveRefreshTokens: async (from, to) => {
      await db
        .updateTable('refresh_token_hashes')
        .set({ connection_id: to })
        .where('connection_id', '=', from)
        .execute()
    },
    trimRefreshTokens: (of) => trimRefreshTokens(context, of),
  }
}

/**
 * Deletes the oldest hashes above the limit. Sorts by the order of insertion, because the times are
 * not in order after the clock was set back.
 */
async function forgetOldest(
  { db }: Context,
  of: { readonly id: ConnectionId; readonly origin: TokenOrigin },
): Promise<void> {
  const { id, origin } = of
  const ofOrigin = () =>
    db
      .selectFrom('refresh_token_hashes')
      .where('connection_id', '=', id)
      .where('arrived', '=', sql.lit(origin === 'arrived' ? 1 : 0))
  const count = builtQuery(db, `count ${origin} refresh tokens`, [id], () =>
    ofOrigin().select((eb) => eb.fn.countAll<number | bigint | string>().as('stored')),
  )
  const [counted] = (await db.executeQuery(count)).rows
  // Counting costs far less than a DELETE that finds nothing.
  if (Number(counted?.stored ?? 0) <= KEPT[origin]) return
  const limits = [TRIMMED_AT_ONCE, KEPT[origin]] as const
  const trim = builtQuery(db, `trim ${origin} refresh tokens`, [id, ...limits], () =>
    db
      .deleteFrom('refresh_token_hashes')
      .where(
        'hash',
        'in',
        ofOrigin()
          .select('hash')
          .orderBy(insertionOrder(db), 'desc')
          .limit(limits[0])
          .offset(limits[1]),
      ),
  )
  await db.executeQuery(trim)
}

/**
 * Sets the origin of rows from an earlier version, for one connection per call. The oldest row gets
 * `arrived`. Of the other rows, only the newest are kept: they get `received`.
 */
export async function trimRefreshTokens({ db }: Context, of: ConnectionId | null): Promise<number> {
  const connection = of ?? (await firstUnsorted(db))
  if (connection === null) return 0
  const rows = await db
    .selectFrom('refresh_token_hashes')
    .select('hash')
    .where('arrived', 'is', null)
    .where('connection_id', '=', connection)
    .orderBy('created_at')
    .limit(1 + TRIMMED_AT_ONCE + KEPT.received)
    .execute()
  const [oldest, ...later] = rows.map(({ hash }) => hash)
  if (oldest === undefined) return 0
  const excess = later.slice(0, -KEPT.received)
  if (excess.length > 0) {
    await db.deleteFrom('refresh_token_hashes').where('hash', 'in', excess).execute()
    return excess.length
  }
  await mark(db, [oldest], 1)
  await mark(db, later, 0)
  return rows.length
}

async function firstUnsorted(db: Context['db']): Promise<string | null> {
  const row = await db
    .selectFrom('refresh_token_hashes')
    .select('connection_id')
    .where('arrived', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return row?.connection_id ?? null
}

async function mark(db: Context['db'], hashes: readonly string[], arrived: 0 | 1): Promise<void> {
  if (hashes.length === 0) return
  await db
    .updateTable('refresh_token_hashes')
    .set({ arrived })
    .where('hash', 'in', hashes)
    .execute()
}

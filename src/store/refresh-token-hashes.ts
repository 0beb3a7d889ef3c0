import type { ConnectionId } from '../core/ids.ts'
import type { Reads, Writes } from '../ports/store.ts'
import type { ReadContext, WriteContext } from './context.ts'
import { writeInstant } from './rows/column.ts'
import { refreshTokenHash } from './rows/fingerprints.ts'

export function refreshTokenReads({
  db,
  cipher,
}: ReadContext): Pick<Reads, 'holderOfRefreshToken'> {
  return {
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

export function refreshTokenWrites({
  db,
  cipher,
}: WriteContext): Pick<Writes, 'rememberRefreshToken' | 'moveRefreshTokens'> {
  return {
    rememberRefreshToken: async (connection, refreshToken) => {
      const held = {
        connection_id: connection.id,
        created_at: writeInstant(connection.updatedAt),
      }
      await db
        .insertInto('refresh_token_hashes')
        .values({ hash: refreshTokenHash(cipher, connection.provider, refreshToken), ...held })
        // The first holder keeps it: nothing takes a refresh token from a connection silently.
        .onConflict((conflict) => conflict.column('hash').doNothing())
        .execute()
    },
    moveRefreshTokens: async (from, to) => {
      await db
        .updateTable('refresh_token_hashes')
        .set({ connection_id: to })
        .where('connection_id', '=', from)
        .execute()
    },
  }
}

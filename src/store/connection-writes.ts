import type { ExpressionBuilder } from 'kysely'
import { type Attempt, type Connection, isLive } from '../core/connection.ts'
import type { WriteResult, Writes } from '../ports/store.ts'
import { ownerKey, type WriteContext } from './context.ts'
import { changedConnection, connectionRow } from './rows/write-connection.ts'
import type { Schema } from './schema.ts'

type ConnectionWrites = Pick<Writes, 'insertConnection' | 'saveConnection' | 'removeConnection'>

export function connectionWrites(context: WriteContext): ConnectionWrites {
  const { db, cipher, changes } = context
  return {
    insertConnection: async (connection) => {
      changes.connections.add(connection.id)
      changes.owners.add(ownerKey(connection.userId, connection.provider))
      await db.insertInto('connections').values(connectionRow(cipher, connection)).execute()
    },
    saveConnection: (before, after) => saveConnection(context, before, after),
    removeConnection: async (id) => {
      changes.connections.add(id)
      const result = await db.deleteFrom('connections').where('id', '=', id).executeTakeFirst()
      return { won: result.numDeletedRows === 1n }
    },
  }
}

async function saveConnection(
  { db, cipher, changes }: WriteContext,
  before: Connection,
  after: Connection,
): Promise<WriteResult> {
  changes.connections.add(before.id)
  // A draft that is proven enters the lists of its user.
  if (before.draft !== after.draft) changes.owners.add(ownerKey(after.userId, after.provider))
  const { grantId, generation } = fenceOf(before)
  const { columns, isEditOnly } = changedConnection(cipher, before, after)
  const result = await db
    .updateTable('connections')
    .set((eb) => ({
      ...columns,
      ...(!isEditOnly && { lease_until: leaseAfter(eb, before, after) }),
    }))
    .where('id', '=', before.id)
    .where('grant_id', grantId === null ? 'is' : '=', grantId)
    .where('generation', '=', generation)
    .executeTakeFirst()
  return { won: result.numUpdatedRows === 1n }
}

/**
 * An attempt ends with the write of whoever began it, who read the row before. Who read it with the
 * attempt under way and leaves that as it is, leaves it its lease as well.
 */
function leaseAfter(
  eb: ExpressionBuilder<Schema, 'connections'>,
  before: Connection,
  after: Connection,
) {
  const [known, kept] = [attemptOf(before), attemptOf(after)]
  if (known === null || known.id !== kept?.id) return null
  const lease = eb.case().when('attempt_id', '=', known.id).then(eb.ref('lease_until'))
  return lease.else(null).end()
}

function attemptOf(connection: Connection): Attempt | null {
  return isLive(connection) ? connection.attempt : null
}

/** A pending connection has no grant: only another pending one is the same. */
function fenceOf(connection: Connection) {
  if (!isLive(connection)) return { grantId: null, generation: 0 }
  return { grantId: connection.grant.id, generation: connection.grant.generation }
}

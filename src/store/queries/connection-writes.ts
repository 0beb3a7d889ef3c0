import { LostWriteError } from '../../core/base/errors.ts'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import type { WriteResult, Writes } from '../../ports/store.ts'
import { connectionRowById } from './connections.ts'
import { lockSet } from '../sql/row-locks.ts'
import { ownerKey, type WriteContext } from '../context.ts'
import { insertRow, updateConnection } from '../sql/write-row.ts'
import { changedRow, isWholeRow } from '../rows/row-seal.ts'
import {
  changedConnection,
  type ChangedConnection,
  connectionRow,
} from '../rows/write-connection.ts'
import type { ConnectionTable } from '../schema.ts'

type ConnectionWrites = Pick<
  Writes,
  'insertConnection' | 'saveConnection' | 'trySaveConnection' | 'removeConnection' | 'recordReads'
>

export function connectionWrites(context: WriteContext): ConnectionWrites {
  const { db, cipher, changes } = context
  return {
    insertConnection: async (connection) => {
      changes.connections.add(connection.id)
      changes.owners.add(ownerKey(connection.userId, connection.provider))
      await lockSet(context, 'user', connection.userId)
      await insertRow(db, 'connections', connectionRow(cipher, connection))
    },
    saveConnection: async (before, after) => {
      const { won } = await trySaveConnection(context, before, after)
      if (!won) throw new LostWriteError('connection')
    },
    trySaveConnection: (before, after) => trySaveConnection(context, before, after),
    recordReads: async (ids, at) => {
      for (const id of ids) changes.connections.add(id)
      await db.updateTable('connections').set({ last_read_at: at }).where('id', 'in', ids).execute()
    },
    removeConnection: async (id) => {
      changes.connections.add(id)
      await db.deleteFrom('connections').where('id', '=', id).execute()
    },
  }
}

async function trySaveConnection(
  context: WriteContext,
  before: Connection,
  after: Connection,
): Promise<WriteResult> {
  const { db, changes } = context
  changes.connections.add(before.id)
  // A promoted draft is added to the user's list.
  if (before.draft !== after.draft) changes.owners.add(ownerKey(after.userId, after.provider))
  const { id: grantId, generation } = fenceOf(before)
  const row = await connectionRowById(context, before.id)
  if (row === undefined) return { won: false }
  const { columns, isEditOnly } = columnsToSave(context, { row, before, after })
  const changed = isEditOnly ? columns : { ...columns, lease_until: leaseAfter(row, before, after) }
  const fence = { id: before.id, grant_id: grantId, generation }
  return { won: await updateConnection(db, changed, fence) }
}

/** In an altered row no sealed value opens, so a new grant rewrites every column. */
function columnsToSave(
  { cipher }: WriteContext,
  saved: {
    readonly row: ConnectionTable
    readonly before: Connection
    readonly after: Connection
  },
): ChangedConnection {
  const { row, before, after } = saved
  const isReplaced = fenceOf(before).id !== fenceOf(after).id
  if (isReplaced && !isWholeRow(cipher, 'connections', row)) {
    return { columns: connectionRow(cipher, after), isEditOnly: false }
  }
  const { columns, isEditOnly } = changedConnection(cipher, before, after)
  return { columns: changedRow(cipher, 'connections', row, columns), isEditOnly }
}

/**
 * Keeps the lease if the write does not change the running attempt. Any other write clears the
 * lease.
 */
function leaseAfter(row: ConnectionTable, before: Connection, after: Connection): number | null {
  const known = isLive(before) ? before.attempt : null
  const kept = isLive(after) ? after.attempt : null
  const isKept = known !== null && known.id === kept?.id && known.id === row.attempt_id
  return isKept ? row.lease_until : null
}

/** A pending connection has no grant: these values match only a row that is still pending. */
function fenceOf(connection: Connection) {
  return isLive(connection) ? connection.grant : { id: null, generation: 0 }
}

import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { connectionEvent, refreshEvents } from '../../core/events/event.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import type { Change } from './report-disconnected.ts'
import { follow } from './siblings.ts'

type Needs = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>

/**
 * Saves a changed connection, updates its siblings and appends the events. Returns every change.
 * Throws `LostWriteError` if the row was changed meanwhile.
 */
export async function recordChange(
  ports: Needs,
  trx: Writes,
  change: Change,
): Promise<readonly Change[]> {
  await trx.saveConnection(change.before, change.after)
  return recordFollowing(ports, trx, change)
}

/** Like `recordChange`, but returns null if the row was changed meanwhile. */
export async function tryRecordChange(
  ports: Needs,
  trx: Writes,
  change: Change,
): Promise<readonly Change[] | null> {
  const { won } = await trx.trySaveConnection(change.before, change.after)
  return won ? recordFollowing(ports, trx, change) : null
}

async function recordFollowing(
  ports: Needs,
  trx: Writes,
  change: Change,
): Promise<readonly Change[]> {
  const { before, after } = change
  const { siblings } = await follow(ports, trx, change)
  for (const event of refreshEvents(before, after)) await trx.appendEvent(event, after.updatedAt)
  return [change, ...siblings]
}

export type NewGrantChange = {
  /** The connection as stored. It may now have the grant of its siblings. */
  readonly connection: LiveConnection
  /** A confirmed pending connection is also `created`. */
  readonly change: 'created' | 'reconnected'
}

/**
 * Inserts a connection with a new grant, or replaces `before`. Updates its siblings and appends the
 * event. Throws `LostWriteError` if `before` was changed meanwhile.
 */
export async function recordGrant(
  ports: Needs,
  trx: Writes,
  of: {
    readonly before: Connection | null
    readonly after: LiveConnection
    /** Appends no event. */
    readonly isQuiet?: boolean
  },
): Promise<NewGrantChange> {
  const { before, after, isQuiet } = of
  if (before === null) await trx.insertConnection(after)
  else await trx.saveConnection(before, after)
  const { connection } = await follow(ports, trx, { before, after })
  // The app does not know drafts, so a promoted draft is a new connection.
  const previous = before?.draft === null ? before : null
  const change = previous !== null && isLive(previous) ? 'reconnected' : 'created'
  if (isQuiet !== true) {
    const event = connectionEvent(`connection.${change}`, connection, previous)
    await trx.appendEvent(event, after.updatedAt)
  }
  return { connection, change }
}

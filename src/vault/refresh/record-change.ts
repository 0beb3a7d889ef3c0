import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { connectionEvent, refreshEvents } from '../../core/events/event.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import type { Change } from './report-disconnected.ts'
import { follow } from './siblings.ts'

type Needs = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>

/**
 * Saves a changed connection, lets its siblings follow and appends the events. Returns every change.
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

/** The same, but returns null if the row was changed meanwhile. */
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
  /** As stored: the connection may have joined the grant of its siblings. */
  readonly connection: LiveConnection
  /** `created` also if a pending connection was confirmed. */
  readonly change: 'created' | 'reconnected'
}

/**
 * Stores a connection with a new grant, over `before` if that is stored, lets its siblings follow and
 * appends the event. Throws `LostWriteError` if `before` was changed meanwhile.
 */
export async function recordGrant(
  ports: Needs,
  trx: Writes,
  of: {
    readonly before: Connection | null
    readonly after: LiveConnection
    /** Without an event. */
    readonly isQuiet?: boolean
  },
): Promise<NewGrantChange> {
  const { before, after, isQuiet } = of
  if (before === null) await trx.insertConnection(after)
  else await trx.saveConnection(before, after)
  const { connection } = await follow(ports, trx, { before, after })
  // An app has never seen a draft.
  const previous = before?.draft === null ? before : null
  const change = previous !== null && isLive(previous) ? 'reconnected' : 'created'
  if (isQuiet !== true) {
    const event = connectionEvent(`connection.${change}`, connection, previous)
    await trx.appendEvent(event, after.updatedAt)
  }
  return { connection, change }
}

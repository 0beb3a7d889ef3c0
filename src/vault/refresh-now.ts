import type { Caller } from '../core/access.ts'
import type { Connection } from '../core/connection.ts'
import type { ConnectionId } from '../core/ids.ts'
import type { Ports } from '../ports.ts'

/** Refreshes through the single flight, ignoring back-off; throws the failure where it fails. */
export async function refreshNow(
  _ports: Ports,
  _caller: Caller,
  _id: ConnectionId,
): Promise<Connection> {
  throw new Error('not written yet')
}

import { isLive, type LiveConnection } from '../core/connection.ts'
import type { ConnectionId } from '../core/ids.ts'
import { distrusted, turnedBack } from '../core/turn-back.ts'
import type { Ports } from '../ports.ts'
import type { Writes } from '../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'store'>

const AT_ONCE = 200

/**
 * The wall clock was set back under a running process, by so much: every time that is written down is
 * moved with it, or tokens would seem to live, and refreshes to wait, for as long as it was set back.
 * Set forward, nothing has to be done: then tokens only seem to end early, and are renewed. Where it
 * throws it may be called again: connections that were turned back twice are renewed early as well.
 */
export async function followClock(ports: Needs, byMs: number): Promise<void> {
  if (byMs >= 0) return
  await forEach(ports, (connection) => turnedBack(connection, -byMs))
  // The last write, so that it is never repeated: a link that is turned back twice would be over.
  await ports.store.write((trx) => trx.turnBackQueues(-byMs))
}

const TOLERATED_MS = 60_000

/** The same at a start: the vault was last alive at a time that is still to come. Answers by how much. */
export async function catchUpWithClock(ports: Needs, lastAliveAt: number | null): Promise<number> {
  const now = ports.clock.now()
  if (lastAliveAt === null || lastAliveAt <= now + TOLERATED_MS) return 0
  const byMs = lastAliveAt - now
  await ports.store.write((trx) => trx.turnBackQueues(byMs))
  await forEach(ports, (connection) => distrusted(turnedBack(connection, byMs), now))
  return -byMs
}

async function forEach(
  ports: Needs,
  change: (connection: LiveConnection) => LiveConnection,
): Promise<void> {
  let after: ConnectionId | null = null
  for (;;) {
    const ids: readonly ConnectionId[] = await ports.store.connectionIds(after, AT_ONCE)
    if (ids.length === 0) return
    await ports.store.write(async (trx) => {
      for (const id of ids) await changeOne(trx, id, change)
    })
    after = ids.at(-1) ?? null
  }
}

async function changeOne(
  trx: Writes,
  id: ConnectionId,
  change: (connection: LiveConnection) => LiveConnection,
): Promise<void> {
  const connection = await trx.connection(id)
  if (connection !== null && isLive(connection)) {
    await trx.saveConnection(connection, change(connection))
  }
}

import { isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { LostWriteError, StoreError } from '../../core/base/errors.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import { distrusted, shiftedTimes } from '../../core/refresh/shift-times.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'

type Needs = Pick<Ports, 'clock' | 'store' | 'observer'>

const AT_ONCE = 200
const WAIT_MS = 5_000

/**
 * The wall clock was set back under a running process, by so much: every time that is written down is
 * moved with it, or tokens would seem to live, and refreshes to wait, for as long as it was set back.
 * Set forward, nothing has to be done: then tokens only seem to end early, and are renewed. Ends when
 * it is done, however long the store cannot be written, or with the process.
 */
export async function shiftClock(
  ports: Needs & Pick<Ports, 'traffic'>,
  byMs: number,
  ending: AbortSignal,
): Promise<void> {
  if (byMs >= 0) return
  ports.traffic.turnBack(-byMs)
  await shiftTimes(ports, {
    byMs: -byMs,
    ending,
    change: (connection) => shiftedTimes(connection, -byMs),
  })
}

const TOLERATED_MS = 60_000

/**
 * The same at a start: the vault was last alive at a time that is still to come. Answers by how much.
 * Where the store cannot be written the start does not wait for it.
 */
export async function catchUpWithClock(
  ports: Needs,
  lastAliveAt: number | null,
  ending: AbortSignal,
): Promise<number> {
  const now = ports.clock.now()
  if (lastAliveAt === null || lastAliveAt <= now + TOLERATED_MS) return 0
  const byMs = lastAliveAt - now
  const waiting = Promise.withResolvers<void>()
  const turning = shiftTimes(ports, {
    byMs,
    ending,
    change: (connection) => distrusted(shiftedTimes(connection, byMs), now),
    onWait: waiting.resolve,
  })
  await Promise.race([turning, waiting.promise])
  return -byMs
}

type Turn = {
  readonly byMs: number
  readonly ending: AbortSignal
  readonly change: (connection: LiveConnection) => LiveConnection
  readonly onWait?: () => void
}

/**
 * The last write says that it is done. Who dies before begins again at the next start: connections that
 * were turned back twice are renewed early, and that is all.
 */
async function shiftTimes(ports: Needs, turn: Turn): Promise<void> {
  let after: ConnectionId | null = null
  for (;;) {
    if (turn.ending.aborted) return
    const ids: readonly ConnectionId[] = await ports.store.connectionIds(after, AT_ONCE)
    if (ids.length === 0) break
    await writeInTheEnd(ports, turn, async (trx) => {
      for (const id of ids) await changeOne(trx, id, turn.change)
    })
    after = ids.at(-1) ?? null
    // The database answers at once: without this nobody else would have a turn until the last page.
    await ports.clock.sleep(0)
  }
  await writeInTheEnd(ports, turn, (trx) => trx.turnBackQueues(turn.byMs))
}

async function writeInTheEnd(
  ports: Needs,
  { ending, onWait }: Turn,
  work: (trx: Writes) => Promise<void>,
): Promise<void> {
  while (!ending.aborted) {
    try {
      return await ports.store.write(work)
    } catch (error) {
      if (!(error instanceof StoreError || error instanceof LostWriteError)) throw error
    }
    onWait?.()
    await ports.clock.sleep(WAIT_MS, ending)
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

import { afterRefresh } from '../core/after-refresh.ts'
import { type Connection, isLive, type LiveConnection } from '../core/connection.ts'
import { UNKNOWN_TRAITS } from '../core/provider.ts'
import { StoreError } from '../core/errors.ts'
import type { JournalEntry } from '../ports/store.ts'
import type { AttemptNeeds } from './attempt-refresh.ts'
import { queueRevocation } from './queue-revocation.ts'
import { type Landing, saveInTheEnd } from './save-refresh.ts'
import { tokenIdOf } from './token-id.ts'

/**
 * At start, before any refresh: rotations that a former process could put into the journal only. Each
 * is served from here at once and written when the store takes it; its connection is not refreshed
 * before, because the refresh token on its row is spent.
 */
export async function replayJournal(ports: AttemptNeeds): Promise<number> {
  const { entries } = ports.journal
  for (const entry of entries) {
    const connection = await ports.store.connection(entry.connectionId)
    if (connection !== null && isLive(connection) && isFor(connection, entry)) {
      const landing = landingOf(ports, connection, entry)
      ports.flights.park(landing.after, (ending) => saveInTheEnd(ports, landing, ending))
    } else if (connection !== null && isLive(connection) && connection.grant.id === entry.grantId) {
      // Written before the crash after all.
      ports.journal.drop(entry)
    } else {
      await giveUp(ports, connection, entry)
    }
  }
  return entries.length
}

/** A reconnect or a deletion came first: nothing may hold these tokens. */
async function giveUp(
  ports: AttemptNeeds,
  connection: Connection | null,
  entry: JournalEntry,
): Promise<void> {
  if (connection !== null && !(await isQueuedForRevocation(ports, connection, entry))) return
  ports.journal.drop(entry)
}

/** Where the disk is still full it waits in the journal for another start. */
async function isQueuedForRevocation(
  ports: AttemptNeeds,
  holder: Connection,
  { tokens: { refreshToken, accessToken } }: JournalEntry,
): Promise<boolean> {
  const dropped = { holder, refreshToken, accessToken }
  try {
    await ports.store.write((trx) => queueRevocation(ports, trx, dropped))
    return true
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    ports.observer.storeFailed({ reason: error.reason, during: 'start' })
    return false
  }
}

function isFor({ grant }: LiveConnection, { grantId, generation }: JournalEntry): boolean {
  return grant.id === grantId && grant.generation === generation
}

function landingOf(ports: AttemptNeeds, before: LiveConnection, entry: JournalEntry): Landing {
  const outcome = { kind: 'ok', tokens: entry.tokens } as const
  const after = afterRefresh(before, outcome, {
    now: ports.clock.now(),
    attempt: { id: entry.attempt, sentAt: entry.sentAt },
    unresolved: false,
    tokenId: tokenIdOf(ports, entry.tokens.accessToken),
    ownClient: before.client !== null,
    provider: ports.providers.get(before.provider) ?? { refresh: UNKNOWN_TRAITS },
    policy: ports.policy,
    fraction: ports.random.fraction(),
  })
  return { before, after, outcome, entry, also: async () => {} }
}

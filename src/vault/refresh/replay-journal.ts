import { afterRefresh } from '../../core/refresh/after-refresh.ts'
import { type Connection, isLive, type LiveConnection } from '../../core/connection/connection.ts'
import { UNKNOWN_TRAITS } from '../../core/connection/provider.ts'
import { LostWriteError, StoreError } from '../../core/base/errors.ts'
import type { AttemptNeeds } from './attempt-refresh.ts'
import { adoptLateRotation } from './adopt-late-rotation.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { type Landing, park } from './save-refresh.ts'
import { tokenIdOf } from '../connections/token-id.ts'
import type { JournalEntry } from '../../ports/journal.ts'

/**
 * Runs at start, before any refresh. Reads rotations that an earlier process could write only to
 * the journal. Their tokens are used at once, and committed when the store works. Until then these
 * connections are not refreshed, because the stored refresh tokens are spent.
 */
export async function replayJournal(ports: AttemptNeeds): Promise<number> {
  const { entries } = ports.journal
  for (const entry of entries) {
    const connection = await ports.store.connection(entry.connectionId)
    if (connection !== null && isLive(connection) && isFor(connection, entry)) {
      const landing = landingOf(ports, connection, entry)
      park(ports, landing)
    } else if (connection !== null && isLive(connection) && connection.grant.id === entry.grantId) {
      // The earlier process committed this rotation before it ended.
      ports.journal.drop(entry)
    } else {
      await giveUp(ports, connection, entry)
    }
  }
  return entries.length
}

/**
 * Called if the connection was reconnected or deleted meanwhile. The tokens go to the connection
 * that kept the refresh token, or are revoked. If the store fails, the entry waits for the next
 * start.
 */
async function giveUp(
  ports: AttemptNeeds,
  holder: Connection | null,
  entry: JournalEntry,
): Promise<void> {
  const { attempt } = entry
  const { refreshToken, accessToken } = entry.tokens
  try {
    await ports.store.write(async (trx) => {
      if (await adoptLateRotation(ports, trx, { attempt, received: refreshToken, open: null }))
        return
      if (holder === null) return
      const formerHolder = holder.id
      await queueRevocation(ports, trx, { holder, refreshToken, accessToken, formerHolder })
    })
    ports.journal.drop(entry)
  } catch (error) {
    // The entry stays in the journal for the next start.
    if (!(error instanceof StoreError || error instanceof LostWriteError)) throw error
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
    earlier: null,
    tokenId: tokenIdOf(ports, entry.tokens.accessToken),
    othersRefreshed: false,
    ownClient: before.client !== null,
    provider: ports.providers.get(before.provider) ?? { refresh: UNKNOWN_TRAITS },
    policy: ports.policy,
    fraction: ports.random.fraction(),
  })
  const { attempt } = entry
  return { attempt, before, after, outcome, entry, also: async () => {} }
}

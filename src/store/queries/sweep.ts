import { OWN_CLIENT } from '../../core/connection/client-key.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Writes } from '../../ports/store.ts'
import type { WriteContext } from '../context.ts'
import { countLostOfHolds } from './webhook-holds.ts'
import { trimRefreshTokens } from './refresh-token-hashes.ts'

const DAY_MS = 24 * 3_600_000

/** How long a link is stored after its expiry, so that the app can still read the outcome. */
export const LINKS_KEPT_MS = 7 * DAY_MS
/**
 * Longer than most refresh tokens are valid, so that an import of an old export cannot restore a
 * spent token.
 */
export const REFRESH_TOKEN_HASHES_KEPT_MS = 400 * DAY_MS
export const EVENTS_KEPT_MS = 30 * DAY_MS
/** A confirmation expires after minutes, so an older waiting grant belongs to no link. */
export const WAITING_GRANTS_KEPT_MS = DAY_MS
/** A circuit whose wait ended this long ago belongs to an unused client. */
export const CIRCUITS_KEPT_MS = 30 * DAY_MS

/** Lists show a revoked key for this long. */
export const REVOKED_KEYS_KEPT_MS = 30 * DAY_MS

/** The most rows of one table that one write deletes, so that refreshes do not wait long. */
const BATCH = 500
/**
 * Smaller than `BATCH`: hashes are in random order, so each deleted row is on another database
 * page.
 */
const BATCH_OF_HASHES = 100

export function sweepWrites(context: WriteContext): Pick<Writes, 'sweep'> {
  const { db } = context
  return {
    sweep: async (now) => {
      let removed = await sweepEvents(db, now)
      removed += await trimRefreshTokens(context, null)
      for (const deletion of deletions(db, now)) {
        const result = await deletion.executeTakeFirst()
        removed += Number(result.numDeletedRows)
      }
      return removed
    },
  }
}

async function sweepEvents(db: WriteContext['db'], now: Instant): Promise<number> {
  const old = await db
    .selectFrom('events')
    .select('sequence')
    .where('created_at', '<=', now - EVENTS_KEPT_MS)
    .limit(BATCH)
    .execute()
  const sequences = old.map(({ sequence }) => sequence)
  if (sequences.length === 0) return 0
  await countLostOfHolds(db, sequences)
  await db.deleteFrom('events').where('sequence', 'in', sequences).execute()
  return sequences.length
}

function deletions(db: WriteContext['db'], now: Instant) {
  const flows = db.selectFrom('flows').select('id').where('expires_at', '<=', now)
  const waiting = db
    .selectFrom('waiting_grants')
    .select('link_id')
    .where('sent_at', '<=', now - WAITING_GRANTS_KEPT_MS)
  const links = db
    .selectFrom('connect_links')
    .select('id')
    .where('expires_at', '<=', now - LINKS_KEPT_MS)
  const keys = db
    .selectFrom('api_keys')
    .select('id')
    .where('revoked_at', '<=', now - REVOKED_KEYS_KEPT_MS)
  const hashes = db
    .selectFrom('refresh_token_hashes')
    .select('hash')
    .where('created_at', '<=', now - REFRESH_TOKEN_HASHES_KEPT_MS)
  const circuits = db
    .selectFrom('circuits')
    .select('client')
    .where((eb) => {
      const isOver = eb.or([eb('open_until', 'is', null), eb('open_until', '<=', now)])
      const isOld = eb('open_until', '<=', now - CIRCUITS_KEPT_MS)
      return eb.or([eb.and([eb('client', 'like', `${OWN_CLIENT}%`), isOver]), isOld])
    })
  return [
    db.deleteFrom('circuits').where('client', 'in', circuits.limit(BATCH)),
    db.deleteFrom('flows').where('id', 'in', flows.limit(BATCH)),
    db.deleteFrom('waiting_grants').where('link_id', 'in', waiting.limit(BATCH)),
    db.deleteFrom('connect_links').where('id', 'in', links.limit(BATCH)),
    db.deleteFrom('api_keys').where('id', 'in', keys.limit(BATCH)),
    db.deleteFrom('refresh_token_hashes').where('hash', 'in', hashes.limit(BATCH_OF_HASHES)),
  ]
}

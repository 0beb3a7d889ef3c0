import type { ConnectLink } from '../../core/connect/flow.ts'
import { LostWriteError } from '../../core/base/errors.ts'
import type { ProviderId, UserId } from '../../core/base/ids.ts'
import type { Reads, WriteResult, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { linkRow, linkStateColumns, readLink } from '../rows/link-row.ts'
import { locked } from '../sql/row-locks.ts'
import { changedRow } from '../rows/row-seal.ts'
import type { ConnectLinkTable } from '../schema.ts'

type LinkReads = Pick<Reads, 'link' | 'linkBySecretHash' | 'overdueConfirmations'>

export function linkReads(context: ReadContext): LinkReads {
  const { db, cipher } = context
  const links = locked(context, db.selectFrom('connect_links').selectAll())
  const read = (rows: readonly ConnectLinkTable[]): readonly ConnectLink[] =>
    rows.map((row) => readLink(cipher, row)).filter((link) => link !== null)
  return {
    link: async (id) => read(await links.where('id', '=', id).execute())[0] ?? null,
    linkBySecretHash: async (secretHash) =>
      read(await links.where('secret_hash', '=', secretHash).execute())[0] ?? null,
    overdueConfirmations: async (now, limit) => {
      const overdue = links
        .where('status', '=', 'awaiting_confirmation')
        .where('confirm_before', '<=', now)
      return read(await overdue.orderBy('confirm_before').limit(limit).execute())
    },
  }
}

type LinkWrites = Pick<
  Writes,
  'insertLink' | 'saveLink' | 'trySaveLink' | 'countTry' | 'withdrawLinksOf'
>

export function linkWrites(context: WriteContext): LinkWrites {
  const { db, cipher } = context
  return {
    insertLink: async (link, newerThan) => {
      if (newerThan !== null) {
        const older = pendingLinks(context).where('reconnects', '=', newerThan)
        for (const row of await older.execute()) {
          await changeLink(context, row, { status: 'superseded' })
        }
      }
      await db.insertInto('connect_links').values(linkRow(cipher, link)).execute()
    },
    saveLink: async (before, after) => {
      const { won } = await trySaveLink(context, before, after)
      if (!won) throw new LostWriteError('link')
    },
    trySaveLink: (before, after) => trySaveLink(context, before, after),
    countTry: async (id, atMost) => {
      const result = await db
        .updateTable('connect_links')
        .set((eb) => ({ tries: eb('tries', '+', 1) }))
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .where('tries', '<', atMost)
        .returning('tries')
        .executeTakeFirst()
      return result === undefined ? null : atMost - result.tries
    },
    withdrawLinksOf: (userId, providers) => withdrawLinksOf(context, userId, providers),
  }
}

async function trySaveLink(
  context: WriteContext,
  before: ConnectLink,
  after: ConnectLink,
): Promise<WriteResult> {
  const row = await locked(context, context.db.selectFrom('connect_links').selectAll())
    .where('id', '=', before.id)
    .where('status', '=', before.state.status)
    .executeTakeFirst()
  if (row === undefined) return { won: false }
  await changeLink(context, row, linkStateColumns(after))
  return { won: true }
}

/** Reads each pending link, because the providers of a link are sealed and cannot be queried. */
async function withdrawLinksOf(
  context: WriteContext,
  userId: UserId,
  providers: readonly ProviderId[] | null,
): Promise<void> {
  const rows = await pendingLinks(context).where('user_id', '=', userId).execute()
  for (const row of rows) {
    const offered = readLink(context.cipher, row)?.providers ?? null
    const isReached = providers === null || offered?.every((id) => providers.includes(id))
    if (!isReached) continue
    await changeLink(context, row, { status: 'withdrawn' })
  }
}

function pendingLinks(context: WriteContext) {
  const links = context.db.selectFrom('connect_links').selectAll()
  return locked(context, links).where('status', '=', 'pending')
}

async function changeLink(
  { db, cipher }: WriteContext,
  row: ConnectLinkTable,
  changes: Partial<ConnectLinkTable>,
): Promise<void> {
  const columns = changedRow(cipher, 'connect_links', row, changes)
  await db.updateTable('connect_links').set(columns).where('id', '=', row.id).execute()
}

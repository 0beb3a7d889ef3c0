import { type Kysely, sql } from 'kysely'
import { newId } from '../../core/base/ids.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import type { EventFilter } from '../../ports/webhook-store.ts'
import { builtQuery } from '../sql/built-query.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { insertRow } from '../sql/write-row.ts'
import { countFitting } from './page-bytes.ts'
import { ofProviders, ofUsers } from '../sql/reach.ts'
import { eventRow, readEvent } from '../rows/event-row.ts'
import type { Schema } from '../schema.ts'

const SIZE = sql<number>`length(body_blob)`.as('bytes')
/** The most rows that one page reads, matching or not. */
const ROWS_OF_A_PAGE = 2_000

export function eventReads({ db, cipher }: ReadContext): Pick<Reads, 'events' | 'eventPage'> {
  const events: Reads['events'] = async (filter) => {
    const rows = await matching(db, filter).selectAll().execute()
    return rows.map((row) => readEvent(cipher, row))
  }
  return {
    events,
    eventPage: async (filter) => {
      const { after, limit } = filter
      const until = await endOfPage(db, filter)
      const within = { ...filter, until }
      const found = await matching(db, within).select(['sequence', SIZE]).execute()
      const fitting = countFitting(found)
      const isWhole = fitting === found.length && fitting < limit
      const reached = isWhole ? Math.max(after, until) : (found[fitting - 1]?.sequence ?? after)
      const isEmpty = fitting === 0
      return { events: isEmpty ? [] : await events({ ...within, until: reached }), reached }
    },
  }
}

/** Returns the sequence of the last event that one page reads. */
async function endOfPage(db: Kysely<Schema>, { after, until }: EventFilter): Promise<number> {
  const last = await db
    .selectFrom('events')
    .select('sequence')
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(1)
    .offset(ROWS_OF_A_PAGE - 1)
    .executeTakeFirst()
  const newest = until ?? (await newestEvent(db))
  return last === undefined ? newest : Math.min(last.sequence, newest)
}

function matching(db: Kysely<Schema>, { after, until, limit, reach, types }: EventFilter) {
  return (
    db
      .selectFrom('events')
      .where('sequence', '>', after)
      .$if(until !== undefined, (query) => query.where('sequence', '<=', until ?? 0))
      .where((eb) => ofProviders(eb.ref('provider'), reach))
      // An event without a user concerns every user of the provider.
      .where((eb) => eb.or([eb('user_id', 'is', null), ofUsers(eb.ref('user_id'), reach)]))
      .$if(types != null, (query) => query.where('type', 'in', [...(types ?? [])]))
      .orderBy('sequence')
      .limit(limit)
  )
}

export async function newestEvent(db: Kysely<Schema>): Promise<number> {
  const { event_sequence: newest } = await db
    .selectFrom('vault')
    .select('event_sequence')
    .executeTakeFirstOrThrow()
  return newest
}

export function eventWrites(context: WriteContext): Pick<Writes, 'appendEvent'> {
  const { db, cipher, random, events } = context
  return {
    appendEvent: async (event, now) => {
      if (events !== null) return events.add(event, now)
      // This update locks the counter row until the transaction ends. So readers see sequences in
      // order, and a rollback leaves no gap.
      const sequence = await nextSequence(db)
      const id = newId('evt', now, random.bytes(10))
      await insertRow(db, 'events', eventRow(cipher, event, { sequence, id, now }))
    },
  }
}

async function nextSequence(db: Kysely<Schema>): Promise<number> {
  const query = builtQuery(db, 'next event sequence', [], () =>
    db
      .updateTable('vault')
      .set({ event_sequence: sql`event_sequence + 1` })
      .returning('event_sequence'),
  )
  const [counted] = (await db.executeQuery(query)).rows
  if (counted === undefined) throw new Error('the vault has no row')
  return counted.event_sequence
}

import { newId } from '../core/ids.ts'
import type { Reads, Writes } from '../ports/store.ts'
import type { ReadContext, WriteContext } from './context.ts'
import { ofProviders, ofUsers } from './reach.ts'
import { eventRow, readEvent } from './rows/event-row.ts'

export function eventReads({ db, cipher }: ReadContext): Pick<Reads, 'events'> {
  return {
    events: async ({ after, limit, reach }) => {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('sequence', '>', after)
        .where((eb) => ofProviders(eb.ref('provider'), reach))
        // What befalls a provider befalls every user of it.
        .where((eb) => eb.or([eb('user_id', 'is', null), ofUsers(eb.ref('user_id'), reach)]))
        .orderBy('sequence')
        .limit(limit)
        .execute()
      return rows.map((row) => readEvent(cipher, row))
    },
  }
}

export function eventWrites({ db, cipher, random }: WriteContext): Pick<Writes, 'appendEvent'> {
  return {
    appendEvent: async (event, now) => {
      // Counted in the transaction, the counter's row locked until its end: a reader never sees a
      // later number before an earlier one, and what is rolled back leaves no gap.
      await db
        .updateTable('vault')
        .set((eb) => ({ event_sequence: eb('event_sequence', '+', 1) }))
        .execute()
      const { event_sequence: sequence } = await db
        .selectFrom('vault')
        .select('event_sequence')
        .executeTakeFirstOrThrow()
      const id = newId('evt', now, random.bytes(10))
      await db
        .insertInto('events')
        .values(eventRow(cipher, event, { sequence, id, now }))
        .execute()
    },
  }
}

import { type Kysely, sql } from 'kysely'
import type { VaultEvent } from '../core/events/event.ts'
import { type Instant, newId } from '../core/base/ids.ts'
import type { Random } from '../ports/ports.ts'
import { eventRow } from './rows/event-row.ts'
import type { RowCipher } from './rows/row-cipher.ts'
import type { Schema } from './schema.ts'

/** A statement has at most 65,535 parameters. */
const ROWS_OF_A_STATEMENT = 1_000

type Buffered = { readonly event: VaultEvent; readonly now: Instant }

/**
 * The events of one transaction, written before its commit. So the transaction locks the counter of
 * events last and for a short time, and transactions that append events run at the same time.
 */
export class EventBuffer {
  readonly #cipher: RowCipher
  readonly #random: Pick<Random, 'bytes'>
  #events: Buffered[] = []
  #marked = 0

  constructor(cipher: RowCipher, random: Pick<Random, 'bytes'>) {
    this.#cipher = cipher
    this.#random = random
  }

  add(event: VaultEvent, now: Instant): void {
    this.#events.push({ event, now })
  }

  mark(): void {
    this.#marked = this.#events.length
  }

  /** Drops the events since `mark`. */
  backToMark(): void {
    this.#events = this.#events.slice(0, this.#marked)
  }

  /** Writes the events in order. The lock of the counter lets no other transaction number events. */
  async flush(trx: Kysely<Schema>): Promise<void> {
    const count = this.#events.length
    if (count === 0) return
    const { event_sequence: last } = await trx
      .updateTable('vault')
      .set({ event_sequence: sql`event_sequence + ${count}::bigint` })
      .returning('event_sequence')
      .executeTakeFirstOrThrow()
    const rows = this.#events.map(({ event, now }, index) => {
      const id = newId('evt', now, this.#random.bytes(10))
      return eventRow(this.#cipher, event, { sequence: last - count + 1 + index, id, now })
    })
    for (let from = 0; from < count; from += ROWS_OF_A_STATEMENT) {
      const some = rows.slice(from, from + ROWS_OF_A_STATEMENT)
      await trx.insertInto('events').values(some).execute()
    }
  }
}

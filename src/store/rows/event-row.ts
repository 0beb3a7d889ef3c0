import { viewEvent } from '../../core/events/connection-view.ts'
import { type StoredEvent, subjectOf, type VaultEvent } from '../../core/events/event.ts'
import type { Instant, ProviderId } from '../../core/base/ids.ts'
import type { EventTable } from '../schema.ts'
import { readCount, readText, readTime, writeInstant } from './column.ts'
import { openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'
import { sealedRow, trustedRow } from './row-seal.ts'

/**
 * Returns an event with an empty body if the body does not open, because sequences must have no
 * gaps.
 */
export function readEvent(cipher: RowCipher, found: EventTable): StoredEvent {
  const row = trustedRow(cipher, 'events', found)
  const id = readText(row.id)
  const data = openJson(cipher, row.body_blob, eventPlace(id))
  return {
    sequence: readCount(row.sequence),
    id,
    type: readText(row.type) as StoredEvent['type'],
    subject: readText(row.subject),
    provider: readText(row.provider) as ProviderId,
    createdAt: readTime(row.created_at),
    data: JSON.stringify(data ?? {}),
  }
}

/** The body contains the state at `as.now`. */
export function eventRow(
  cipher: RowCipher,
  event: VaultEvent,
  as: { readonly sequence: number; readonly id: string; readonly now: Instant },
): EventTable {
  const connection = 'connection' in event ? event.connection : null
  return sealedRow(cipher, 'events', {
    sequence: as.sequence,
    id: as.id,
    type: event.type,
    subject: subjectOf(event),
    user_id: connection?.userId ?? null,
    provider: 'provider' in event ? event.provider : event.connection.provider,
    body_blob: sealJson(cipher, viewEvent(event, as.now), eventPlace(as.id)),
    created_at: writeInstant(as.now),
  })
}

export function eventPlace(id: string) {
  return rowPlace('events', id, 'body')
}

import { VaultError } from '../../core/base/errors.ts'
import type { Instant } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { findWebhook, type ListedWebhook } from './list-webhooks.ts'

/** A position in the list of events: after the event of a cursor, or at a time. */
export type EventPosition = { readonly cursor: number } | { readonly at: Instant }

/**
 * Sends the stored events between two positions again, in order and before new events. Replaces a
 * running replay. An empty range only ends a running replay.
 */
export async function replayWebhook(
  ports: Pick<Ports, 'clock' | 'store' | 'webhooks' | 'observer'>,
  id: string,
  range: { readonly after: EventPosition; readonly before: EventPosition | null },
): Promise<ListedWebhook> {
  const { endpoint } = await findWebhook(ports, id)
  const after = await sequenceAt(ports, range.after)
  const before = range.before === null ? null : await sequenceAt(ports, range.before)
  if (before !== null && before < after) {
    throw new VaultError('invalid_request', 'the range ends before it begins', {
      errors: [{ in: 'body', name: 'before', detail: 'must not be earlier than after' }],
    })
  }
  await ports.store.write(async (trx) => {
    const state = await trx.webhookState(endpoint.id)
    if (state === null) return
    // Events after the cursor will be sent anyway.
    const until = Math.min(before ?? state.cursor, state.cursor)
    const replay = after < until ? { after, until } : null
    await trx.saveWebhook({ ...state, replay })
    await trx.hurryHolds(endpoint.id, ports.clock.now())
  })
  const listed = await findWebhook(ports, id)
  const { replay } = listed.state
  if (replay !== null) ports.observer.webhookReplayed({ webhook: endpoint.id, ...replay })
  return listed
}

async function sequenceAt(
  { store }: Pick<Ports, 'store'>,
  position: EventPosition,
): Promise<number> {
  return 'cursor' in position ? position.cursor : store.lastEventBefore(position.at)
}

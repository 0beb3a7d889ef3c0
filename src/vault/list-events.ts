import type { Caller } from '../core/access.ts'
import type { StoredEvent } from '../core/event.ts'
import type { Ports } from '../ports.ts'

/** `after` is the cursor of an earlier answer; null: from the oldest kept. */
export async function listEvents(
  _ports: Ports,
  _caller: Caller,
  _demand: { readonly after: string | null; readonly limit: number },
): Promise<{ readonly items: readonly StoredEvent[]; readonly nextCursor: string }> {
  throw new Error('not written yet')
}

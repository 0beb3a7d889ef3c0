import type { LiveConnection } from '../../core/connection/connection.ts'
import type { Ports } from '../../ports/ports.ts'

export type Change = { readonly before: LiveConnection; readonly after: LiveConnection }

/**
 * For people and counters, once the transaction is through: the one place for all the ways in which a
 * connection can end. What was handed in and never took a place fails to connect instead.
 */
export function reportDisconnected(
  { observer }: Pick<Ports, 'observer'>,
  changes: readonly Change[],
): void {
  for (const { before, after } of changes) {
    if (after.status !== 'disconnected' || before.status === after.status) continue
    const { id, provider, draft, failure } = after
    const { reason, detail } = failure
    if (draft === null) observer.disconnected({ id, provider, reason, detail })
  }
}

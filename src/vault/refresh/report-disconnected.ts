import type { LiveConnection } from '../../core/connection/connection.ts'
import type { Ports } from '../../ports/ports.ts'

export type Change = { readonly before: LiveConnection; readonly after: LiveConnection }

/** Logs and counts disconnected connections after the commit. Ignores drafts. */
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

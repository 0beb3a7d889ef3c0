import type { LiveConnection } from '../../core/connection/connection.ts'
import type { VaultError } from '../../core/base/errors.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { proveDraft, type ProveNeeds } from './prove-draft.ts'

/** What was handed in and is worth keeping, as a draft of the connection that may come of it. */
export type NewDraft = {
  readonly draft: LiveConnection
  readonly refreshToken: Secret | null
  /** Why it is refused, unless there is a holder: then a file that is imported again changes nothing. */
  readonly refusal?: VaultError | null
  /** The connection that lives, or has lived, on the very same: then there is nothing to do. */
  readonly holder: (trx: Writes) => Promise<LiveConnection | null>
}

export type ImportResult = { readonly connection: LiveConnection; readonly created: boolean }

/** Sealed before anything is proven; what this user's connection has ever held changes nothing. */
export async function importDraft(ports: ProveNeeds, candidate: NewDraft): Promise<ImportResult> {
  const kept = await ports.store.write((trx) => keepDraft(trx, candidate))
  const { connection } = kept
  // One that was handed in before and could not be proven is tried again.
  return connection.draft === null ? { connection, created: false } : proveDraft(ports, connection)
}

export async function keepDraft(
  trx: Writes,
  { draft, refreshToken, refusal, holder }: NewDraft,
): Promise<{ readonly kind: 'held' | 'draft'; readonly connection: LiveConnection }> {
  const held = await holder(trx)
  if (held !== null) return { kind: 'held', connection: held }
  if (refusal) throw refusal
  await trx.insertConnection(draft)
  if (refreshToken !== null) await trx.rememberRefreshToken(draft, refreshToken, 'arrived')
  return { kind: 'draft', connection: draft }
}

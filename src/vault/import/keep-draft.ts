import type { LiveConnection } from '../../core/connection/connection.ts'
import type { VaultError } from '../../core/base/errors.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { proveDraft, type ProveNeeds } from './prove-draft.ts'

/** Imported credentials, before they are stored. */
export type NewDraft = {
  readonly draft: LiveConnection
  readonly refreshToken: Secret | null
  /** Thrown if there is no holder. With one, a file that is imported again changes nothing. */
  readonly refusal?: VaultError | null
  /** Finds this user's connection or draft that has, or once had, the same credentials. */
  readonly findHolder: (trx: Writes) => Promise<LiveConnection | null>
}

export type Imported = {
  readonly connection: LiveConnection
  readonly change: 'created' | 'reconnected' | 'unchanged'
}

/** Imports credentials, or tries again to prove a draft that has the same ones. */
export async function importDraft(ports: ProveNeeds, newDraft: NewDraft): Promise<Imported> {
  const connection = await ports.store.write((trx) => keepDraft(trx, newDraft))
  return connection.draft === null
    ? { connection, change: 'unchanged' }
    : proveDraft(ports, connection)
}

/** Stores a draft before anything is proven. Returns the draft, or the holder if there is one. */
export async function keepDraft(
  trx: Writes,
  { draft, refreshToken, refusal, findHolder }: NewDraft,
): Promise<LiveConnection> {
  const holder = await findHolder(trx)
  if (holder !== null) return holder
  if (refusal) throw refusal
  await trx.insertConnection(draft)
  if (refreshToken !== null) await trx.rememberRefreshToken(draft, refreshToken, 'arrived')
  return draft
}

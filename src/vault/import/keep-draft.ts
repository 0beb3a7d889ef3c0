import type { LiveConnection } from '../../core/connection/connection.ts'
import type { VaultError } from '../../core/base/errors.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Writes } from '../../ports/store.ts'
import { proveDraft, type ProveNeeds } from './prove-draft.ts'

/** An import before it is stored. */
export type NewDraft = {
  readonly draft: LiveConnection
  readonly refreshToken: Secret | null
  /**
   * An error to throw if `findHolder` returns null. A repeated import finds a holder and succeeds.
   */
  readonly refusal?: VaultError | null
  /** Finds this user's connection or draft that has, or once had, the same credentials. */
  readonly findHolder: (trx: Writes) => Promise<LiveConnection | null>
}

export type Imported = {
  readonly connection: LiveConnection
  readonly change: 'created' | 'reconnected' | 'unchanged'
}

/**
 * Stores and proves a draft. If a draft with the same credentials exists, tries again to prove the
 * existing draft.
 */
export async function importDraft(ports: ProveNeeds, newDraft: NewDraft): Promise<Imported> {
  const connection = await ports.store.write((trx) => keepDraft(trx, newDraft))
  return connection.draft === null
    ? { connection, change: 'unchanged' }
    : proveDraft(ports, connection)
}

/** Stores an unproven draft and returns it. Returns the holder instead if there is one. */
export async function keepDraft(trx: Writes, newDraft: NewDraft): Promise<LiveConnection> {
  const holder = await holderOf(trx, newDraft)
  if (holder !== null) return holder
  await insertDraft(trx, newDraft)
  return newDraft.draft
}

/** Returns the holder of the same credentials. Throws the refusal if there is no holder. */
export async function holderOf(
  trx: Writes,
  { refusal, findHolder }: NewDraft,
): Promise<LiveConnection | null> {
  const holder = await findHolder(trx)
  if (holder === null && refusal) throw refusal
  return holder
}

export async function insertDraft(
  trx: Writes,
  { draft, refreshToken }: Pick<NewDraft, 'draft' | 'refreshToken'>,
): Promise<void> {
  await trx.insertConnection(draft)
  if (refreshToken !== null) await trx.rememberRefreshToken(draft, refreshToken, 'arrived')
}

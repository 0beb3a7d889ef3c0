import { isRenewable } from '../../core/connection/connection.ts'
import { isQuiet } from '../../core/connection/quiet-import.ts'
import type { Writes } from '../../ports/store.ts'
import type { RefreshNeeds } from '../refresh/refresh.ts'
import { type NewGrantChange, recordGrant } from '../refresh/record-change.ts'
import { endsSiblings } from '../refresh/siblings.ts'
import { insertDraft, type NewDraft } from './keep-draft.ts'
import {
  asConnection,
  promote,
  type Promotion,
  refreshTokenRequired,
  replacedBy,
} from './promote-draft.ts'

/** Stores an import without asking the provider, unless connections share grants. */
export async function storeUnproven(
  ports: RefreshNeeds,
  trx: Writes,
  newDraft: NewDraft,
): Promise<Promotion> {
  const { draft } = newDraft
  const isShared = endsSiblings(ports, draft) && draft.grant.kind === 'oauth'
  // Only the provider may name the owner of these tokens. Larder asks for the owner after the first
  // refresh.
  if (isShared && !isRenewable(draft.grant)) {
    throw refreshTokenRequired(
      'is required unless it is verified: the provider has to say whose tokens these are',
    )
  }
  if (!isShared && (await replacedBy(trx, draft)) === null) {
    return insertPromoted(ports, trx, newDraft)
  }
  await insertDraft(trx, newDraft)
  const promotion = isShared ? 'unproven' : await promote(ports, trx, draft, draft)
  // The caller does not prove the draft, so the schedule will prove it.
  if (promotion === 'unproven')
    await trx.saveConnection(draft, { ...draft, dueAt: ports.clock.now() })
  return promotion
}

/** Inserts a connection that replaces no other: one row, instead of a draft and its promotion. */
async function insertPromoted(
  ports: RefreshNeeds,
  trx: Writes,
  { draft, refreshToken }: NewDraft,
): Promise<NewGrantChange> {
  const after = asConnection(ports, draft)
  const stored = await recordGrant(ports, trx, { before: null, after, isQuiet: isQuiet(draft) })
  if (refreshToken !== null) await trx.rememberRefreshToken(after, refreshToken, 'arrived')
  return stored
}

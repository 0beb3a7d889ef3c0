import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { yieldTurn } from '../../core/base/yield-turn.ts'
import { holderOf, keepDraft, type NewDraft } from './keep-draft.ts'
import { type ProveNeeds, verifyDraft } from './prove-draft.ts'
import { storeUnproven } from './store-unproven.ts'
import { reportConnected } from '../connect/report-connected.ts'
import type { NewGrantChange } from '../refresh/record-change.ts'

export type BatchResult =
  | {
      /** `accepted`: stored as a draft. The schedule will prove and promote it. */
      readonly kind: 'created' | 'replaced' | 'unchanged' | 'accepted'
      readonly connection: LiveConnection
    }
  | { readonly kind: 'refused'; readonly error: VaultError }

/** Parses one item of the request. Throws a `VaultError` if the item is invalid. */
export type BatchItem = () => NewDraft

/**
 * Imports many items. An error rejects only its own item, and a repeated item changes nothing.
 * `unverified`: nothing is sent to the provider. A connection without a valid access token is
 * `failing` until it is refreshed. `verified`: each item is proven first, within the rate limit of
 * its client.
 */
export async function importBatch(
  ports: ProveNeeds,
  items: readonly BatchItem[],
  how: 'unverified' | 'verified',
): Promise<readonly BatchResult[]> {
  const nameless = new Set<string>()
  const results: Promise<BatchResult>[] = []
  for (const item of items) {
    const result = orRefused(async () => {
      const draft = item()
      if (how === 'verified') return importVerified(ports, draft)
      requireName(draft, nameless)
      return importUnverified(ports, draft)
    })
    results.push(result)
    // `Promise.all` below handles a rejection. Without this line, Node reports it as unhandled
    // first.
    result.catch(() => undefined)
    if (how === 'unverified') {
      if (results.length % AT_ONCE !== 0) continue
      await Promise.all(results.slice(-AT_ONCE))
    }
    await yieldTurn(ports.clock)
  }
  return Promise.all(results)
}

/**
 * How many unverified items are written at once. The store commits writes that wait at the same
 * time together. It writes them in order, so of two items of one account the later one wins. Other
 * writes wait at most for this many items.
 */
const AT_ONCE = 64

async function orRefused(importing: () => Promise<BatchResult>): Promise<BatchResult> {
  try {
    return await importing()
  } catch (error) {
    if (error instanceof VaultError && error.code !== 'internal') return { kind: 'refused', error }
    throw error
  }
}

/** Rejects a second item of a user without an account id or e-mail: it would replace the first. */
function requireName({ draft }: NewDraft, nameless: Set<string>): void {
  if (draft.account.id !== null || draft.account.email !== null) return
  const owner = JSON.stringify([draft.userId, draft.provider])
  if (nameless.has(owner)) {
    const detail = 'is required if a user has several accounts, unless they are verified'
    throw new VaultError('invalid_request', 'another item has the same user and provider', {
      errors: [{ in: 'body', name: 'accountId', detail }],
    })
  }
  nameless.add(owner)
}

/** Uses one transaction, so that the app can repeat an interrupted request. */
async function importUnverified(ports: ProveNeeds, newDraft: NewDraft): Promise<BatchResult> {
  const { stored, promotion } = await ports.store.write(async (trx) => {
    const holder = await holderOf(trx, newDraft)
    if (holder !== null) return { stored: holder, promotion: null }
    return { stored: newDraft.draft, promotion: await storeUnproven(ports, trx, newDraft) }
  })
  if (promotion instanceof VaultError) throw promotion
  if (promotion === null || promotion === 'unproven') return unchanged(stored)
  reportConnected(ports, promotion, 'import')
  return promoted(promotion)
}

async function importVerified(ports: ProveNeeds, newDraft: NewDraft): Promise<BatchResult> {
  const stored = await ports.store.write((trx) => keepDraft(trx, newDraft))
  if (stored.draft === null) return unchanged(stored)
  try {
    return promoted(await verifyDraft(ports, stored))
  } catch (error) {
    const isLater = error instanceof VaultError && error.code === 'provider_unavailable'
    if (isLater) return { kind: 'accepted', connection: stored }
    throw error
  }
}

function promoted({ change, connection }: NewGrantChange): BatchResult {
  return { kind: change === 'created' ? 'created' : 'replaced', connection }
}

function unchanged(connection: LiveConnection): BatchResult {
  return { kind: connection.draft === null ? 'unchanged' : 'accepted', connection }
}

import type { LiveConnection } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { Writes } from '../../ports/store.ts'
import { type NewDraft, keepDraft } from './keep-draft.ts'
import { type ProveNeeds, verifyDraft } from './prove-draft.ts'
import { promoteUnproven, reportPromoted } from './promote-draft.ts'

export type BatchResult =
  | {
      /** `accepted`: sealed; it takes the place of what is there once the schedule has proven it. */
      readonly kind: 'created' | 'replaced' | 'unchanged' | 'accepted'
      readonly connection: LiveConnection
    }
  | { readonly kind: 'refused'; readonly error: VaultError }

/** What one line holds; throws a `VaultError` where it holds nothing that can be taken. */
export type BatchItem = () => NewDraft

/**
 * Takes over many at once; what is wrong with one line is said of that line alone, and a repeated
 * line changes nothing. `believed`: the provider is not asked while the caller waits; a connection
 * that has yet to be proven is `failing` until the schedule, or a reader, has refreshed it.
 * `verified`: each is proven first, no faster than the lane of its client goes.
 */
export async function importBatch(
  ports: ProveNeeds,
  lines: readonly BatchItem[],
  how: 'believed' | 'verified',
): Promise<readonly BatchResult[]> {
  const take = how === 'believed' ? importUnverified : importVerified
  const nameless = new Set<string>()
  const results: Promise<BatchResult>[] = []
  for (const line of lines) {
    const taken = orRefused(async () => {
      const candidate = line()
      if (how === 'believed') requireName(candidate, nameless)
      return take(ports, candidate)
    })
    results.push(taken)
    // What breaks is told with all of them: until then nobody listens, and that would end the process.
    taken.catch(() => undefined)
    // Believed ones go one by one: two lines of one account must not race for its place.
    if (how === 'believed') await taken
    // The database answers at once: without this nobody else would have a turn until the last line.
    await ports.clock.sleep(0)
  }
  return Promise.all(results)
}

async function orRefused(take: () => Promise<BatchResult>): Promise<BatchResult> {
  try {
    return await take()
  } catch (error) {
    if (error instanceof VaultError && error.code !== 'internal') return { kind: 'refused', error }
    throw error
  }
}

/** Where nobody is asked whose they are, a second one would silently take the place of the first. */
function requireName({ draft }: NewDraft, nameless: Set<string>): void {
  if (draft.account.id !== null || draft.account.email !== null) return
  const owner = JSON.stringify([draft.userId, draft.provider])
  if (nameless.has(owner)) {
    const detail = 'is required where a user has several accounts, unless they are verified'
    throw new VaultError('invalid_request', 'another line is of the same user and provider', {
      errors: [{ in: 'body', name: 'accountId', detail }],
    })
  }
  nameless.add(owner)
}

async function importUnverified(ports: ProveNeeds, candidate: NewDraft): Promise<BatchResult> {
  const placed = await ports.store.write((trx) => keepAndPromote(ports, trx, candidate))
  if ('settled' in placed) reportPromoted(ports, placed.settled)
  return placed.result
}

/** In one transaction: whoever is cut off repeats the file. */
async function keepAndPromote(ports: ProveNeeds, trx: Writes, candidate: NewDraft) {
  const kept = await keepDraft(trx, candidate)
  if (kept.kind === 'held') return { result: unchanged(kept.connection) }
  const settled = await promoteUnproven(ports, trx, kept.connection)
  if (settled.kind !== 'settled') return { result: accepted(kept.connection) }
  return { result: promotedItem(settled), settled }
}

async function importVerified(ports: ProveNeeds, candidate: NewDraft): Promise<BatchResult> {
  const kept = await ports.store.write((trx) => keepDraft(trx, candidate))
  if (kept.connection.draft === null) return unchanged(kept.connection)
  try {
    return promotedItem(await verifyDraft(ports, kept.connection))
  } catch (error) {
    const isLater = error instanceof VaultError && error.code === 'provider_unavailable'
    if (isLater) return accepted(kept.connection)
    throw error
  }
}

function promotedItem(settled: {
  readonly connection: LiveConnection
  readonly created: boolean
}): BatchResult {
  return { kind: settled.created ? 'created' : 'replaced', connection: settled.connection }
}

function accepted(connection: LiveConnection): BatchResult {
  return { kind: 'accepted', connection }
}

function unchanged(connection: LiveConnection): BatchResult {
  return connection.draft === null ? { kind: 'unchanged', connection } : accepted(connection)
}

import { type LiveConnection, tokenLives } from '../core/connection.ts'
import { VaultError } from '../core/errors.ts'
import { unavailable } from './refresh-problem.ts'
import { refresh, type RefreshNeeds } from './refresh.ts'
import { settleDraft } from './settle-draft.ts'

export type ProveNeeds = RefreshNeeds

/**
 * Finds out what handed-in credentials are worth and whose they are, then puts them in their place.
 * A live access token is taken at its word. Dead ones leave nothing behind.
 */
export async function proveDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  const proven = tokenLives(draft, ports.clock.now()) ? draft : await proveByRefresh(ports, draft)
  const identified = await identify(ports, proven)
  return settleDraft(ports, identified)
}

async function proveByRefresh(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  const result = await refresh(ports, draft, 'forced')
  if (result.kind === 'gone') {
    throw new VaultError('conflict', 'the connection was changed meanwhile')
  }
  // The draft is safe: the schedule proves it after the next start.
  if (result.kind === 'stopping') throw unavailable('stopping', 5_000)
  const isDead =
    result.kind === 'ended' || (result.kind === 'failed' && result.outcome.kind === 'grant_dead')
  if (!isDead) return result.connection
  await ports.store.write((trx) => trx.removeConnection(draft.id))
  throw new VaultError('invalid_request', 'the provider refuses these tokens', {
    reason: 'invalid_grant',
    nextAction: 'reauthorize',
  })
}

/** Asks the provider whose tokens these are, unless the app said so; where it cannot be asked, they stay nameless. */
async function identify(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  const { token } = draft.grant
  if (draft.account.id !== null || token === null) return draft
  const { provider, client, params, providerData } = draft
  const asked = await ports.endpoint.identify({
    provider,
    client,
    params,
    providerData,
    accessToken: token.secret,
  })
  if (asked.kind !== 'ok') return draft
  const { id, email, name } = asked.account
  return { ...draft, account: { id, email: email ?? draft.account.email, name } }
}

/** A draft that was left behind, by a crash or an outage: proven by the schedule, it settles now. */
export async function settleLeftDraft(ports: ProveNeeds, draft: LiveConnection): Promise<void> {
  if (draft.status === 'disconnected') {
    await ports.store.write((trx) => trx.removeConnection(draft.id))
    return
  }
  try {
    await settleDraft(ports, await identify(ports, draft))
  } catch (error) {
    // Nobody waits for the answer; where the account was another, the draft is gone.
    if (!(error instanceof VaultError)) throw error
  }
}

import { isRenewable, type LiveConnection } from '../core/connection.ts'
import { VaultError } from '../core/errors.ts'
import type { RefreshResult } from '../core/refresh-outcome.ts'
import { accountMismatch } from './attach-grant.ts'
import { failureOf } from './connect-failure.ts'
import { HELD, misconfigured, unavailable } from './refresh-problem.ts'
import { refresh, type RefreshNeeds, type Wanted } from './refresh.ts'
import { settleDraft } from './settle-draft.ts'
import { endsSiblings, siblingsOf } from './share-with-siblings.ts'

export type ProveNeeds = RefreshNeeds

/**
 * Finds out what handed-in credentials are worth and whose they are, then puts them in their place.
 * What is active already is taken at its word. Dead ones leave nothing behind.
 */
export async function proveDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  const proven = draft.status === 'active' ? draft : await proveByAsking(ports, draft, 'forced')
  const identified = await identify(ports, proven)
  const isAtItsWord = proven === draft && (await wouldReplaceOthers(ports, identified))
  return settleDraft(ports, isAtItsWord ? await proveKnown(ports, identified) : identified)
}

/** Its grant would become that of connections of other users, who have one that works. */
async function wouldReplaceOthers(ports: ProveNeeds, draft: LiveConnection): Promise<boolean> {
  if (!isRenewable(draft.grant)) return false
  const siblings = await siblingsOf(ports, ports.store, draft)
  return siblings.some(({ userId }) => userId !== draft.userId)
}

async function proveKnown(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  const { account, providerData } = draft
  const proven = await proveByAsking(ports, draft, 'forced')
  return { ...proven, account, providerData: { ...providerData, ...proven.providerData } }
}

/** The same in its turn, and nothing is taken at its word that can be proven. */
export async function verifyDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  const isProvable = draft.status !== 'active' || draft.grant.refreshToken !== null
  const proven = isProvable ? await proveByAsking(ports, draft, 'scheduled') : draft
  return settleDraft(ports, await identifyInTurn(ports, proven))
}

async function proveByAsking(
  ports: ProveNeeds,
  draft: LiveConnection,
  wanted: Extract<Wanted, 'forced' | 'scheduled'>,
): Promise<LiveConnection> {
  const result = await refresh(ports, draft, wanted)
  if (result.kind === 'gone') {
    throw new VaultError('conflict', 'the connection was changed meanwhile')
  }
  // The draft is safe: the schedule proves it after the next start.
  if (result.kind === 'stopping') throw unavailable('stopping', 5_000)
  const refusal = refusalOf(draft, result)
  if (refusal === null) return result.connection
  await ports.store.write((trx) => trx.removeConnection(draft.id))
  throw refusal
}

/** Null where the provider did not say no, whatever else it said. */
function refusalOf(draft: LiveConnection, result: RefreshResult): VaultError | null {
  const isDead =
    result.kind === 'ended' || (result.kind === 'failed' && result.outcome.kind === 'grant_dead')
  if (isDead) {
    const { detail, reason, nextAction } = isOver(draft) ? OVER : REFUSALS[draft.grant.kind]
    return new VaultError('invalid_request', detail, { reason, nextAction })
  }
  // A machine connection is the client's word and nothing else.
  if (draft.grant.kind !== 'machine' || !isMisconfigured(result)) return null
  if (draft.client === null) return misconfigured(detailOf(result))
  return new VaultError('invalid_request', 'the provider refuses this client', {
    reason: 'invalid_client',
    errors: [{ in: 'body', name: 'client', detail: 'is not one that the provider accepts' }],
  })
}

/** Nothing was left to ask the provider with. */
function isOver({ grant }: LiveConnection): boolean {
  return grant.kind === 'oauth' && grant.refreshToken === null
}

const OVER = {
  detail: 'the access token has expired, and there is no refresh token',
  reason: 'invalid_grant',
  nextAction: 'reauthorize',
} as const

const REFUSALS = {
  oauth: {
    detail: 'the provider refuses these tokens',
    reason: 'invalid_grant',
    nextAction: 'reauthorize',
  },
  machine: {
    detail: 'the provider gives this client no token for what was asked',
    reason: 'invalid_grant',
    nextAction: 'fix_configuration',
  },
  credentials: {
    detail: 'the provider refuses these credentials',
    reason: 'invalid_credentials',
    nextAction: 'reauthorize',
  },
} as const

function detailOf(result: RefreshResult): string {
  return result.kind === 'failed' ? result.outcome.detail : HELD
}

function isMisconfigured(result: RefreshResult): boolean {
  if (result.kind === 'held') return result.reason === 'misconfigured'
  return result.kind === 'failed' && result.outcome.kind === 'client_config'
}

/** Asks the provider whose tokens these are, unless the app said so; where it cannot be asked, they stay nameless. */
async function identify(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  // A client is nobody, and credentials were held against the probe already.
  if (draft.grant.kind !== 'oauth') return draft
  if (endsSiblings(ports, draft)) return identifyByProvider(ports, draft)
  if (draft.account.id !== null) return draft
  return (await asTold(ports, draft)) ?? draft
}

/** No faster than the lane of the client goes: those that nobody waits for may be thousands. */
function identifyInTurn(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  return ports.traffic.admit({
    client: ports.endpoint.clientKey(draft.provider, draft.client),
    id: draft.id,
    urgency: 'scheduled',
    among: 'healthy',
    run: () => identify(ports, draft),
  })
}

/**
 * Where connections of one account share a grant, the app's word is not enough: it would put its
 * tokens into, or get those of, connections that are none of its own.
 */
async function identifyByProvider(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<LiveConnection> {
  const told = await asTold(ports, draft)
  if (told === null) return { ...draft, account: { ...draft.account, id: null } }
  const isOther = draft.account.id !== null && told.account.id !== draft.account.id
  if (!isOther) return told
  await ports.store.write((trx) => trx.removeConnection(draft.id))
  throw accountMismatch()
}

/** Null where the provider tells nothing. */
async function asTold(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection | null> {
  const { provider, client, params, providerData, grant } = draft
  if (grant.token === null) return null
  const about = { provider, client, params, providerData, accessToken: grant.token.secret }
  const asked = await ports.endpoint.identify(about)
  if (asked.kind !== 'ok') return null
  const email = asked.account.email ?? draft.account.email
  const account = { ...asked.account, email }
  return { ...draft, account, providerData: { ...providerData, ...asked.providerData } }
}

/** A draft that was left behind, by a crash or an outage: proven by the schedule, it settles now. */
export async function settleLeftDraft(ports: ProveNeeds, draft: LiveConnection): Promise<void> {
  if (draft.status === 'disconnected') {
    await ports.store.write((trx) => trx.removeConnection(draft.id))
    const { provider, failure } = draft
    const detail = failure?.detail ?? 'the provider refuses what was handed in'
    ports.observer.connectFailed({ provider, how: 'import', code: 'invalid_request', detail })
    return
  }
  try {
    await settleDraft(ports, await identifyInTurn(ports, draft))
  } catch (error) {
    // Nobody waits for the answer; where the account was another, the draft is gone.
    if (!(error instanceof VaultError)) throw error
    const { provider } = draft
    // It waits for its proof on and on, which is no end of it.
    if (error.code === 'provider_unavailable') return
    ports.observer.connectFailed({ provider, how: 'import', ...failureOf(error) })
  }
}

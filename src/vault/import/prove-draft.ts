import { isOtherAccount } from '../../core/connection/account.ts'
import {
  type Account,
  type Connection,
  type GrantOwner,
  isRenewable,
  type LiveConnection,
  type OAuthGrant,
} from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { heldFor } from '../../core/connection/kept-refresh-token.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import type { IdentifyOutcome } from '../../ports/token-endpoint.ts'
import { accountMismatch } from '../connect/write-grant.ts'
import { connectFailureOf } from '../connect/connect-failure.ts'
import { namedOwner, withProviderDataOf } from './named-owner.ts'
import { HELD, misconfigured, unavailable } from '../refresh/refresh-problem.ts'
import { refresh, type RefreshNeeds, type RefreshReason } from '../refresh/refresh.ts'
import { ownerless, promoteDraft, replacedBy } from './promote-draft.ts'
import { endsSiblings } from '../refresh/siblings.ts'

export type ProveNeeds = RefreshNeeds

/**
 * Finds out whether imported credentials work and whose they are, then puts them in their place. A live
 * access token is believed; where accounts share grants, the refresh token is redeemed first. Dead
 * credentials leave nothing behind.
 */
export async function proveDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  const isShared = endsSiblings(ports, draft) && isRenewable(draft.grant)
  const isBelieved = draft.status === 'active' && !isShared
  const proven = isBelieved ? draft : await proveByAsking(ports, draft, 'forced')
  return promoteDraft(ports, await identify(ports, proven))
}

/** The same in its turn, and nothing is taken at its word that can be proven. */
export async function verifyDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<{ readonly connection: LiveConnection; readonly created: boolean }> {
  const isProvable = draft.status !== 'active' || draft.grant.refreshToken !== null
  const proven = isProvable ? await proveByAsking(ports, draft, 'scheduled') : draft
  return promoteDraft(ports, await identifyInTurn(ports, proven))
}

async function proveByAsking(
  ports: ProveNeeds,
  draft: LiveConnection,
  wanted: Extract<RefreshReason, 'forced' | 'scheduled'>,
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
  if (result.kind === 'failed' && result.outcome.kind === 'other_account') return accountMismatch()
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

export const OVER = {
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

/**
 * Asks the provider whose tokens these are, unless the app said so. The app's word is not enough where
 * the tokens would join a grant that is stored, or take the place of a stored connection.
 */
async function identify(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  // A client is nobody, and credentials were checked by the probe already.
  if (draft.grant.kind !== 'oauth' || isNamedByProvider(draft.grant, draft)) return draft
  const slot = await replacedBy(ports.store, draft)
  const isShared = endsSiblings(ports, draft)
  const keeps = heldFor(draft.grant, slot) !== null
  const isNamed = draft.account.id !== null
  if (isNamed && !isShared && slot === null) return draft
  const replaced = isNamed && !isShared && !keeps ? slot : null
  // What the account's id is made of may have come with a callback.
  const about = replaced === null ? draft : withProviderDataOf(replaced, draft)
  const asked = await ask(ports, about)
  if (asked?.kind === 'foreign') return refuse(ports, draft, accountMismatch())
  if (asked?.kind !== 'ok') {
    if (keeps && asked?.kind === 'unknown') return refuse(ports, draft, ownerless())
    return isShared ? { ...draft, account: { ...draft.account, id: null } } : draft
  }
  const isOther =
    replaced === null
      ? isNamed && asked.account.id !== draft.account.id
      : isOfAnother(replaced, asked.account)
  if (isOther) return refuse(ports, draft, accountMismatch())
  return identifiedAs(about, asked)
}

/** Apps confuse the ids of a provider, so only an account that the provider has named counts. */
function isOfAnother(replaced: Connection, told: Account): boolean {
  const known = namedOwner(replaced)
  return known !== null && isOtherAccount(known, told)
}

/** Not if the app has named another account than the one that the provider has named. */
function isNamedByProvider({ owner }: OAuthGrant, { account }: LiveConnection): boolean {
  return owner.is === 'proven' && owner.accountId === account.id
}

/** The account is proven only for a token that the draft's own refresh token has brought. */
function identifiedAs(
  draft: LiveConnection,
  { account: told, providerData }: Extract<IdentifyOutcome, { kind: 'ok' }>,
): LiveConnection {
  const { grant } = draft
  const id = draft.account.id ?? told.id
  const account = { ...told, id, email: told.email ?? draft.account.email }
  const identified = { ...draft, account, providerData: { ...draft.providerData, ...providerData } }
  if (grant.kind !== 'oauth') return identified
  const isRedeemed = isRenewable(grant) && draft.lastRefreshedAt !== null
  const owner: GrantOwner =
    isRedeemed && told.id !== null ? { is: 'proven', accountId: told.id } : { is: 'unproven', told }
  return { ...identified, grant: { ...grant, owner } }
}

async function refuse(ports: ProveNeeds, draft: LiveConnection, error: VaultError): Promise<never> {
  await ports.store.write((trx) => trx.removeConnection(draft.id))
  throw error
}

/** Null if there is no access token to ask with. */
async function ask(ports: ProveNeeds, draft: LiveConnection): Promise<IdentifyOutcome | null> {
  const { provider, client, params, providerData, grant } = draft
  if (grant.token === null) return null
  const token = { accessToken: grant.token.secret, isImported: draft.lastRefreshedAt === null }
  return ports.endpoint.identify({ provider, client, params, providerData, ...token })
}

/** No faster than the lane of the client goes: those that nobody waits for may be thousands. */
function identifyInTurn(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  return ports.traffic.admit({
    client: ports.endpoint.clientKey(draft.provider, draft.client),
    id: draft.id,
    urgency: 'scheduled',
    among: 'unproven',
    run: () => identify(ports, draft),
  })
}

/** A draft that was left behind, by a crash or an outage: proven by the schedule, it settles now. */
export async function promoteLeftDraft(ports: ProveNeeds, draft: LiveConnection): Promise<void> {
  if (draft.status === 'disconnected') {
    await ports.store.write((trx) => trx.removeConnection(draft.id))
    const { provider, failure } = draft
    const detail = failure?.detail ?? 'the provider refuses what was handed in'
    ports.observer.connectFailed({ provider, how: 'import', code: 'invalid_request', detail })
    return
  }
  try {
    await promoteDraft(ports, await identifyInTurn(ports, draft))
  } catch (error) {
    // Nobody waits for the answer; where the account was another, the draft is gone.
    if (!(error instanceof VaultError)) throw error
    const { provider } = draft
    // It waits for its proof on and on, which is no end of it.
    if (error.code === 'provider_unavailable') return
    ports.observer.connectFailed({ provider, how: 'import', ...connectFailureOf(error) })
  }
}

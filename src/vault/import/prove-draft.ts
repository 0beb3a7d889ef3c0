import { completed, isOtherAccount } from '../../core/connection/account.ts'
import {
  type GrantOwner,
  isRenewable,
  type LiveConnection,
  type OAuthGrant,
} from '../../core/connection/connection.ts'
import { LostWriteError, VaultError } from '../../core/base/errors.ts'
import { keptGrant } from '../../core/connection/kept-refresh-token.ts'
import type { RefreshResult } from '../../core/refresh/refresh-outcome.ts'
import type { IdentifyOutcome } from '../../ports/token-endpoint.ts'
import { accountMismatch } from '../connect/write-grant.ts'
import type { NewGrantChange } from '../refresh/record-change.ts'
import { HELD, misconfigured, unavailable } from '../refresh/refresh-problem.ts'
import { refresh, type RefreshNeeds, type RefreshReason } from '../refresh/refresh.ts'
import {
  namedOwner,
  ownerless,
  promoteDraft,
  replacedBy,
  withProviderDataOf,
} from './promote-draft.ts'
import { endsSiblings } from '../refresh/siblings.ts'

export type ProveNeeds = RefreshNeeds

/**
 * Checks whether imported credentials work and who owns them, then promotes the draft. A valid
 * access token needs no refresh, unless connections share grants. If the provider refuses the
 * credentials, the draft is removed.
 */
export async function proveDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<NewGrantChange> {
  const isShared = endsSiblings(ports, draft) && isRenewable(draft.grant)
  const isRefreshed = draft.status !== 'active' || isShared
  const proven = isRefreshed ? await proveByRefresh(ports, draft, 'forced') : draft
  return promoteDraft(ports, await identify(ports, proven))
}

/** Like `proveDraft`, but within the client's rate limit, and always refreshes if it can. */
export async function verifyDraft(
  ports: ProveNeeds,
  draft: LiveConnection,
): Promise<NewGrantChange> {
  const isRefreshed = draft.status !== 'active' || draft.grant.refreshToken !== null
  const proven = isRefreshed ? await proveByRefresh(ports, draft, 'scheduled') : draft
  return promoteDraft(ports, await identifyInLane(ports, proven))
}

async function proveByRefresh(
  ports: ProveNeeds,
  draft: LiveConnection,
  reason: Extract<RefreshReason, 'forced' | 'scheduled'>,
): Promise<LiveConnection> {
  const result = await refresh(ports, draft, reason)
  if (result.kind === 'gone') throw new LostWriteError('connection')
  // The draft is stored, and the schedule will prove it after the next start.
  if (result.kind === 'stopping') throw unavailable('stopping', 5_000)
  const refusal = refusalOf(draft, result)
  return refusal === null ? result.connection : refuse(ports, draft, refusal)
}

async function refuse(ports: ProveNeeds, draft: LiveConnection, error: VaultError): Promise<never> {
  await ports.store.write((trx) => trx.removeConnection(draft.id))
  throw error
}

/** The error if the provider refused the credentials, else null. */
function refusalOf(draft: LiveConnection, result: RefreshResult): VaultError | null {
  const outcome = result.kind === 'failed' ? result.outcome : null
  if (outcome?.kind === 'other_account') return accountMismatch()
  if (result.kind === 'ended' || outcome?.kind === 'grant_dead') {
    const isExpired = draft.grant.kind === 'oauth' && draft.grant.refreshToken === null
    const { detail, ...why } = isExpired ? OVER : REFUSALS[draft.grant.kind]
    return new VaultError('invalid_request', detail, why)
  }
  const isMisconfigured =
    outcome?.kind === 'client_config' ||
    (result.kind === 'held' && result.reason === 'misconfigured')
  // For a machine connection, a refused client means refused credentials.
  if (draft.grant.kind !== 'machine' || !isMisconfigured) return null
  if (draft.client === null) return misconfigured(outcome?.detail ?? HELD)
  return new VaultError('invalid_request', 'the provider refuses this client', {
    reason: 'invalid_client',
    errors: [{ in: 'body', name: 'client', detail: 'is not one that the provider accepts' }],
  })
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

/**
 * Asks the provider for the account of the tokens, unless the app named it. The app's statement is
 * not enough if the tokens would be shared, or would replace those of a stored connection.
 */
async function identify(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  // A machine connection has no account. Credentials have already been checked by the probe.
  if (draft.grant.kind !== 'oauth' || isNamedByProvider(draft.grant, draft)) return draft
  const { account } = draft
  const replaced = await replacedBy(ports.store, draft)
  const isShared = endsSiblings(ports, draft)
  const isNamed = account.id !== null
  if (isNamed && !isShared && replaced === null) return draft
  const isKept = keptGrant(draft.grant, replaced) !== null
  const stored = isNamed && !isShared && !isKept ? replaced : null
  // The provider's endpoint may depend on data from an earlier callback.
  const about = stored === null ? draft : withProviderDataOf(stored, draft)
  const asked = await ask(ports, about)
  if (asked?.kind === 'foreign') return refuse(ports, draft, accountMismatch())
  if (asked?.kind !== 'ok') {
    if (isKept && asked?.kind === 'unknown') return refuse(ports, draft, ownerless())
    return isShared ? { ...draft, account: { ...account, id: null } } : draft
  }
  // Apps confuse a provider's ids, so compare with the account that the provider named before.
  const known = stored === null ? null : namedOwner(stored)
  const isOther =
    stored === null
      ? isNamed && asked.account.id !== account.id
      : known !== null && isOtherAccount(known, asked.account)
  return isOther ? refuse(ports, draft, accountMismatch()) : identifiedAs(about, asked)
}

/** Whether the provider has named the account, and the app has not named another. */
function isNamedByProvider({ owner }: OAuthGrant, { account }: LiveConnection): boolean {
  return owner.is === 'proven' && owner.accountId === account.id
}

/** Only a token from a refresh with the draft's own refresh token proves the owner. */
function identifiedAs(
  draft: LiveConnection,
  { account: named, providerData }: Extract<IdentifyOutcome, { kind: 'ok' }>,
): LiveConnection {
  const { grant } = draft
  const id = draft.account.id ?? named.id
  const account = completed({ ...named, id }, draft.account)
  const identified = { ...draft, account, providerData: { ...draft.providerData, ...providerData } }
  if (grant.kind !== 'oauth') return identified
  const isRefreshed = isRenewable(grant) && draft.lastRefreshedAt !== null
  const owner: GrantOwner =
    isRefreshed && named.id !== null
      ? { is: 'proven', accountId: named.id }
      : { is: 'unproven', told: named }
  return { ...identified, grant: { ...grant, owner } }
}

/** Asks the provider for the account of the access token. Null if there is no access token. */
async function ask(ports: ProveNeeds, draft: LiveConnection): Promise<IdentifyOutcome | null> {
  const { provider, client, params, providerData, grant } = draft
  if (grant.token === null) return null
  const token = { accessToken: grant.token.secret, isImported: draft.lastRefreshedAt === null }
  return ports.endpoint.identify({ provider, client, params, providerData, ...token })
}

/** Respects the client's rate limit, because thousands of drafts may wait. */
export function identifyInLane(ports: ProveNeeds, draft: LiveConnection): Promise<LiveConnection> {
  return ports.traffic.admit({
    client: ports.endpoint.clientKey(draft.provider, draft.client),
    id: draft.id,
    urgency: 'scheduled',
    among: 'unproven',
    run: () => identify(ports, draft),
  })
}

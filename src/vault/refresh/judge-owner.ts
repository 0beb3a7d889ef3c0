import {
  completed,
  isNameless,
  isOtherAccount,
  sameAccount,
} from '../../core/connection/account.ts'
import {
  type Account,
  isRenewable,
  type LiveConnection,
  type OAuthGrant,
  type GrantOwner,
  tokenLives,
  UNKNOWN_OWNER,
} from '../../core/connection/connection.ts'
import type { AttemptOutcome } from '../../core/refresh/refresh-outcome.ts'
import type { Secret } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { IdentifyOutcome } from '../../ports/token-endpoint.ts'
import { endsSiblings } from './siblings.ts'

type Needs = Pick<Ports, 'clock' | 'endpoint' | 'providers'>

export type Judgement =
  /** The provider was not asked, or gave no answer. The next refresh asks again. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'same'
      readonly owner: GrantOwner
      readonly account: Account
      readonly providerData: Readonly<Record<string, unknown>>
    }
  | { readonly kind: 'other' }

/**
 * After the first refresh of an imported grant, asks the provider once for its account. The access
 * token and the refresh token of an import may belong to different accounts.
 */
export async function judgeOwner(
  ports: Needs,
  before: LiveConnection,
  outcome: AttemptOutcome,
): Promise<Judgement> {
  const { grant } = before
  if (outcome.kind !== 'ok' || grant.kind !== 'oauth') return { kind: 'open' }
  const isShared = endsSiblings(ports, before)
  if (!isRenewable(grant) || !isOwnerAsked(grant.owner, isShared)) return { kind: 'open' }
  const { accessToken, providerData } = outcome.tokens
  const now = { ...before, providerData: { ...before.providerData, ...providerData } }
  const asked = await accountOf(ports, now, { accessToken, isImported: false })
  // If connections share grants, every refresh asks for the owner, until the provider names one.
  const isNamed = asked.kind === 'ok' && asked.account.id !== null
  if (asked.kind === 'foreign' && grant.owner.is === 'unproven') return { kind: 'other' }
  if (asked.kind === 'unavailable' || (isShared && !isNamed)) return { kind: 'open' }
  if (asked.kind !== 'ok')
    return { kind: 'same', owner: UNKNOWN_OWNER, account: before.account, providerData: {} }
  if (grant.owner.is === 'unknown') {
    // A row that is older than this check shares no grant, so the connection keeps its grant.
    if (isOtherAccount(before.account, asked.account)) return { kind: 'open' }
  } else if (!sameAccount(before.account, asked.account)) {
    const imported = await accountOfImport(ports, before, grant)
    const known = isShared && !isNameless(before.account) ? before.account : imported
    if (known !== null && isOtherAccount(known, asked.account)) return { kind: 'other' }
    // The imported token expired before the provider named its account, so trust the new answer.
    if (imported === null && grant.token !== null && !tokenLives(before, ports.clock.now())) {
      return { kind: 'same', ...found(asked, completed(asked.account, before.account)) }
    }
  }
  return { kind: 'same', ...found(asked, completed(before.account, asked.account)) }
}

/** Adds the judgement to the refreshed connection. */
export function withJudgement(after: LiveConnection, judged: Judgement): LiveConnection {
  if (judged.kind !== 'same' || after.grant.kind !== 'oauth') return after
  const { owner, account } = judged
  const providerData = { ...after.providerData, ...judged.providerData }
  return { ...after, account, providerData, grant: { ...after.grant, owner } }
}

function isOwnerAsked(owner: GrantOwner, isShared: boolean): boolean {
  return owner.is === 'unproven' || (isShared && owner.is === 'unknown')
}

function found(asked: Extract<IdentifyOutcome, { kind: 'ok' }>, account: Account) {
  const { id } = asked.account
  const owner: GrantOwner = id === null ? UNKNOWN_OWNER : { is: 'proven', accountId: id }
  return { owner, account, providerData: asked.providerData ?? {} }
}

/**
 * The account that the provider names for the imported access token. Null if it names none. The
 * account that the app named is no evidence, because apps confuse a provider's ids.
 */
async function accountOfImport(
  ports: Needs,
  before: LiveConnection,
  { owner, token }: OAuthGrant,
): Promise<Account | null> {
  if (owner.is === 'unproven' && owner.told !== null) return owner.told
  if (token === null || !tokenLives(before, ports.clock.now())) return null
  const accessToken = token.secret
  const asked = await accountOf(ports, before, { accessToken, isImported: true })
  return asked.kind === 'ok' ? asked.account : null
}

function accountOf(
  ports: Needs,
  { provider, client, params, providerData }: LiveConnection,
  token: { readonly accessToken: Secret; readonly isImported: boolean },
): Promise<IdentifyOutcome> {
  return ports.endpoint.identify({ provider, client, params, providerData, ...token })
}

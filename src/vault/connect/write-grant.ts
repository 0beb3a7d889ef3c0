import type { ConnectRequest } from '../../core/connect/flow.ts'
import {
  type Account,
  type Connection,
  type Grant,
  type GrantOwner,
  isLive,
  type LiveConnection,
  UNKNOWN_OWNER,
} from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import {
  type NewCredentials,
  type ReceivedGrant,
  dueAtOf,
  newGrant,
  type NewTokens,
  withGrant,
} from '../../core/refresh/grant.ts'
import { type ConnectionId, newId, type ProviderId } from '../../core/base/ids.ts'
import { attemptOn, withKeptRefreshToken } from '../../core/connection/kept-refresh-token.ts'
import {
  completed,
  expectation,
  isOtherAccount,
  isSameByProof,
  replacedAmong,
} from '../../core/connection/account.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { openOrNull } from '../../core/base/secret.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { recordGrant } from '../refresh/record-change.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>

/** A consent that was given, with all that is known of it. */
export type Consent = {
  readonly provider: Provider
  readonly request: ConnectRequest
  readonly requestedScope: readonly string[]
  readonly arrival: NewCredentials
  readonly account: Account
}

/** One that the user gave at the provider. */
export type TokenConsent = Consent & { readonly arrival: NewTokens }

export type WrittenGrant = {
  readonly connection: LiveConnection
  /** `created` also where a pending connection came to life. */
  readonly change: 'created' | 'reconnected'
}

/**
 * Finds the connection that a consent is for, or null where it makes a new one: the one that the link
 * names, else the one that this user has for this account. Throws `account_mismatch` before anything
 * of the old grant is touched, `not_found` where the named one was deleted meanwhile.
 */
export async function findReplaced(trx: Writes, consent: Consent): Promise<Connection | null> {
  const { request, account, provider } = consent
  checkExpected(account, request.expectedAccount)
  if (request.connectionId === null) {
    const all = await trx.connectionsOf(request.userId, provider.id)
    const slot = replacedAmong(all, account, {
      kind: KIND[consent.arrival.kind],
      isSame: isSameByProof,
    })
    if (slot !== null) return slot
    // The same refresh token is the same grant, whatever is known of the account.
    const held = await holderOfRefreshToken(trx, consent)
    return all.find((one) => one.id === held && !isOtherAccount(one.account, account)) ?? null
  }
  const named = await trx.connection(request.connectionId)
  if (named === null) throw new VaultError('not_found', 'the connection has been deleted')
  // Where its id was known, one that is not told is anybody's.
  const isUntold = named.account.id !== null && !isSameByProof(named.account, account)
  if (isUntold || isOtherAccount(named.account, account)) throw accountMismatch()
  return named
}

const KIND = { tokens: 'oauth', credentials: 'credentials' } as const

function checkExpected(account: Account, expected: string | null): void {
  const kind = expectation(account, expected)
  if (kind === 'met') return
  throw kind === 'other' ? accountMismatch() : accountMismatch(EMAIL_UNVERIFIED)
}

const EMAIL_UNVERIFIED =
  'the account has the expected e-mail, but the provider does not say that it is verified: ' +
  'expectedAccount must be the account id'

export function accountMismatch(
  detail = 'another account was connected than the one expected',
): VaultError {
  return new VaultError('account_mismatch', detail, {
    nextAction: 'reauthorize',
  })
}

/**
 * Some providers issue one refresh token to several consents of an account. Throws `conflict` if another
 * connection holds it: the deletion of one would end the other.
 */
export async function refuseTokenOfAnother(
  trx: Writes,
  consent: Consent,
  slot: Connection | null,
): Promise<void> {
  const held = await holderOfRefreshToken(trx, consent)
  if (held === null || held === slot?.id) return
  const holder = await trx.connection(held)
  // A draft of this user is the same grant, imported.
  if (holder === null || (holder.draft !== null && holder.userId === consent.request.userId)) return
  throw new VaultError('conflict', 'another connection holds this refresh token')
}

async function holderOfRefreshToken(
  trx: Writes,
  { provider, arrival }: Consent,
): Promise<ConnectionId | null> {
  if (arrival.kind !== 'tokens' || arrival.tokens.refreshToken === null) return null
  const held = await trx.holderOfRefreshToken(provider.id, arrival.tokens.refreshToken)
  return held?.connectionId ?? null
}

/** Seals the grant into its slot, with its event; a grant that it replaces is queued for revocation. */
export async function writeGrant(
  ports: Needs,
  trx: Writes,
  consent: Consent,
  slot: Connection | null,
): Promise<WrittenGrant> {
  if (slot !== null && !isOf(slot, consent)) {
    throw new VaultError('conflict', 'the connection was changed meanwhile')
  }
  await refuseTokenOfAnother(trx, consent, slot)
  const now = ports.clock.now()
  const fresh = newGrant(newId('grt', now, ports.random.bytes(10)), consent.arrival, {
    ...consent.provider,
    requestedScope: consent.requestedScope,
    issuedTo: ports.endpoint.clientName(consent.provider.id, consent.request.client),
    owner: ownerOf(consent),
  })
  const isSameAccount = slot !== null && isSameByProof(slot.account, consent.account)
  const grant = withKeptRefreshToken(fresh, slot, isSameAccount)
  const base = slot === null ? blankConnection(ports, consent) : filled(slot, consent, now)
  const about = { ...consent.provider, policy: ports.policy }
  const dueAt = dueAtOf(grant, about, ports.random.fraction())
  const attempt = attemptOn(grant, { fresh, stored: slot })
  const connection = { ...withGrant(base, grant, dueAt), attempt }
  const change = slot !== null && isLive(slot) ? 'reconnected' : 'created'
  const event = `connection.${change}` as const
  const stored = await recordGrant(ports, trx, { before: slot, after: connection, event })
  await rememberRefreshToken(trx, stored, consent.arrival)
  if (slot !== null && isLive(slot)) await revokeReplaced(ports, trx, slot, stored.grant)
  return { connection: stored, change }
}

/** User and provider of the consent are sealed with its request; those of the slot stand in the clear. */
function isOf(slot: Connection, { request, provider }: Consent): boolean {
  return slot.userId === request.userId && slot.provider === provider.id
}

/** The provider has named the account for the token that the code brought. */
function ownerOf({ account: { id } }: Consent): GrantOwner {
  return id === null ? UNKNOWN_OWNER : { is: 'proven', accountId: id }
}

/** A connection without a grant: the row that a pending one consists of. */
export function blankConnection(
  ports: Pick<Ports, 'clock' | 'random'>,
  consent: Pick<Consent, 'request' | 'account' | 'arrival'> & {
    readonly provider: { readonly id: ProviderId }
  },
) {
  const { request, account, provider, arrival } = consent
  const now = ports.clock.now()
  return {
    id: newId('con', now, ports.random.bytes(10)) satisfies ConnectionId,
    userId: request.userId,
    provider: provider.id,
    account,
    label: request.label,
    metadata: request.metadata ?? {},
    params: request.params,
    providerData: providerDataOf(arrival),
    client: request.client,
    draft: null,
    createdAt: now,
    updatedAt: now,
    lastRefreshedAt: null,
  }
}

/** The connection keeps its id and what the app said of it; what is newer goes on top. */
function filled<C extends Connection>(
  slot: C,
  { request, account, arrival }: Consent,
  now: number,
): C {
  return {
    ...slot,
    account: completed(account, slot.account),
    label: request.label ?? slot.label,
    metadata: request.metadata ?? slot.metadata,
    params: request.params,
    client: request.client,
    providerData: { ...slot.providerData, ...providerDataOf(arrival) },
    updatedAt: now,
  }
}

export function providerDataOf(brought: ReceivedGrant): Readonly<Record<string, unknown>> {
  return brought.kind === 'tokens' ? brought.tokens.providerData : brought.providerData
}

export async function rememberRefreshToken(
  trx: Writes,
  connection: Connection,
  arrival: NewCredentials,
): Promise<void> {
  if (arrival.kind !== 'tokens' || arrival.tokens.refreshToken === null) return
  await trx.rememberRefreshToken(connection, arrival.tokens.refreshToken, 'arrived')
}

/** Queues the replaced grant for revocation, unless the new grant holds the same refresh token. */
async function revokeReplaced(
  ports: Needs,
  trx: Writes,
  replaced: LiveConnection,
  grant: Grant,
): Promise<void> {
  const { refreshToken: old, token } = replaced.grant
  const isKept = old === grant.refreshToken || isSameRefreshToken(ports, old, grant.refreshToken)
  if (isKept || replaced.status === 'disconnected') return
  await queueRevocation(ports, trx, {
    holder: replaced,
    // If the refresh token does not open, the access token alone is revoked.
    refreshToken: openOrNull(old),
    accessToken: token?.secret ?? null,
    formerHolder: replaced.id,
  })
}

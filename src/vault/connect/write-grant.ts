import type { ConnectRequest } from '../../core/connect/flow.ts'
import {
  type Account,
  type Connection,
  type Grant,
  isLive,
  type LiveConnection,
  UNKNOWN_OWNER,
} from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import { dueAtOf } from '../../core/refresh/due-at.ts'
import {
  type NewCredentials,
  newGrant,
  type NewTokens,
  type ReceivedGrant,
  withGrant,
} from '../../core/refresh/grant.ts'
import { type ConnectionId, newId } from '../../core/base/ids.ts'
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
import { newConnection } from '../connections/new-connection.ts'
import { queueRevocation } from '../connections/queue-revocation.ts'
import { type NewGrantChange, recordGrant } from '../refresh/record-change.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'

type Needs = Pick<Ports, 'clock' | 'random' | 'sealer' | 'endpoint' | 'providers' | 'policy'>

/** The ports to store the grant of an account, and to log and count the connection. */
export type ConnectNeeds = Needs & Pick<Ports, 'store' | 'observer'>

/**
 * A user's consent at the provider, or the credentials that the user entered on the connect page.
 */
export type Consent = {
  readonly provider: Provider
  readonly request: ConnectRequest
  readonly requestedScope: readonly string[]
  readonly received: NewCredentials
  readonly account: Account
}

export type TokenConsent = Consent & { readonly received: NewTokens }

/**
 * Returns the connection whose grant a consent replaces: the one that the link names, or else this
 * user's connection for the account. Null if the consent creates a connection. Throws
 * `account_mismatch` if the consent is for another account, and `not_found` if the named connection
 * has been deleted.
 */
export async function findReplaced(trx: Writes, consent: Consent): Promise<Connection | null> {
  const { request, account, provider } = consent
  checkExpected(account, request.expectedAccount)
  if (request.connectionId === null) {
    const all = await trx.connectionsOf(request.userId, provider.id)
    const kind = KIND[consent.received.kind]
    const replaced = replacedAmong(all, account, { kind, isSame: isSameByProof })
    if (replaced !== null) return replaced
    // The same refresh token means the same grant, even if the account is unknown.
    const holder = await holderOfRefreshToken(trx, consent)
    return all.find((one) => one.id === holder && !isOtherAccount(one.account, account)) ?? null
  }
  const named = await trx.connection(request.connectionId)
  if (named === null) throw new VaultError('not_found', 'the connection has been deleted')
  // If the stored account id is known, the provider must name the same account.
  const isUnproven = named.account.id !== null && !isSameByProof(named.account, account)
  if (isUnproven || isOtherAccount(named.account, account)) throw accountMismatch()
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
  return new VaultError('account_mismatch', detail, { nextAction: 'reauthorize' })
}

/**
 * Throws `conflict` if another connection has the same refresh token, because deleting one would
 * end the other. Some providers issue the same refresh token for several consents of an account.
 */
export async function refuseTokenOfAnother(
  trx: Writes,
  consent: Consent,
  replaced: Connection | null,
): Promise<void> {
  const id = await holderOfRefreshToken(trx, consent)
  if (id === null || id === replaced?.id) return
  const holder = await trx.connection(id)
  // A draft of this user with this token is an import of the same grant, so there is no conflict.
  if (holder === null || (holder.draft !== null && holder.userId === consent.request.userId)) return
  throw new VaultError('conflict', 'another connection holds this refresh token')
}

async function holderOfRefreshToken(
  trx: Writes,
  { provider, received }: Consent,
): Promise<ConnectionId | null> {
  if (received.kind !== 'tokens' || received.tokens.refreshToken === null) return null
  const holder = await trx.holderOfRefreshToken(provider.id, received.tokens.refreshToken)
  return holder?.connectionId ?? null
}

/** Stores the grant of a consent with its event, and queues the replaced grant for revocation. */
export async function writeGrant(
  ports: Needs,
  trx: Writes,
  consent: Consent,
  replaced: Connection | null,
): Promise<NewGrantChange> {
  if (replaced !== null && !isOf(replaced, consent)) {
    throw new VaultError('conflict', 'the connection was changed meanwhile')
  }
  await refuseTokenOfAnother(trx, consent, replaced)
  const { provider, received, account, requestedScope, request } = consent
  const now = ports.clock.now()
  const fresh = newGrant(newId('grt', now, ports.random.bytes(10)), received, {
    ...provider,
    requestedScope,
    issuedTo: ports.endpoint.clientName(provider.id, request.client),
    owner: account.id === null ? UNKNOWN_OWNER : { is: 'proven', accountId: account.id },
  })
  const isSameAccount = replaced !== null && isSameByProof(replaced.account, account)
  const grant = withKeptRefreshToken(fresh, replaced, isSameAccount)
  const base =
    replaced === null ? connectionFor(ports, consent) : reconnected(replaced, consent, now)
  const dueAt = dueAtOf(grant, { ...provider, policy: ports.policy }, ports.random.fraction())
  const attempt = attemptOn(grant, { fresh, replaced })
  const after = { ...withGrant(base, grant, dueAt), attempt }
  const stored = await recordGrant(ports, trx, { before: replaced, after })
  await rememberRefreshToken(trx, stored.connection, received)
  if (replaced !== null && isLive(replaced)) {
    await revokeReplaced(ports, trx, replaced, stored.connection.grant)
  }
  return stored
}

/**
 * Detects a row that was tampered with: user and provider of the row are stored in plain text,
 * those of the consent are sealed.
 */
function isOf(replaced: Connection, { request, provider }: Consent): boolean {
  return replaced.userId === request.userId && replaced.provider === provider.id
}

/** The connection that a consent creates, before it has a grant. */
export function connectionFor(
  ports: Pick<Ports, 'clock' | 'random'>,
  { request, account, provider, received }: Consent,
) {
  return newConnection(ports, {
    userId: request.userId,
    provider: provider.id,
    account,
    label: request.label,
    metadata: request.metadata ?? {},
    params: request.params,
    providerData: providerDataOf(received),
    client: request.client,
    draft: null,
  })
}

/** The connection keeps its id. It keeps label and metadata unless the request has new ones. */
function reconnected<C extends Connection>(
  replaced: C,
  { request, account, received }: Consent,
  now: number,
): C {
  return {
    ...replaced,
    account: completed(account, replaced.account),
    label: request.label ?? replaced.label,
    metadata: request.metadata ?? replaced.metadata,
    params: request.params,
    client: request.client,
    providerData: { ...replaced.providerData, ...providerDataOf(received) },
    updatedAt: now,
  }
}

export function providerDataOf(received: ReceivedGrant): Readonly<Record<string, unknown>> {
  return received.kind === 'tokens' ? received.tokens.providerData : received.providerData
}

export async function rememberRefreshToken(
  trx: Writes,
  connection: Connection,
  received: NewCredentials,
): Promise<void> {
  if (received.kind !== 'tokens' || received.tokens.refreshToken === null) return
  await trx.rememberRefreshToken(connection, received.tokens.refreshToken, 'arrived')
}

/** Queues the replaced grant for revocation, unless the new grant has the same refresh token. */
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
    // If the refresh token does not open, only the access token is revoked.
    refreshToken: openOrNull(old),
    accessToken: token?.secret ?? null,
    formerHolder: replaced.id,
  })
}

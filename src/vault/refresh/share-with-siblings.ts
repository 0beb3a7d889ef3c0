import { isLive, isRenewable, type LiveConnection } from '../../core/connection/connection.ts'
import { refreshEvents } from '../../core/events/event.ts'
import { sameParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Writes } from '../../ports/store.ts'
import type { Change } from './report-disconnected.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'

type Needs = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>

/*
 * At some providers a refresh ends the refresh tokens of every other grant that the same account gave
 * the same client. Connections of such an account live on one grant. A connection takes part only if its
 * owner is proven (see `GrantOwner`): by the caller's word, or by an access token that leaked from
 * elsewhere, one tenant would get another's tokens.
 */

/**
 * A consent or an import brought tokens: they become the grant of all. Where the others were refreshed
 * after these were issued, these are dead already, and the connection lives on what the others have.
 */
export async function shareWithSiblings(
  ports: Needs,
  trx: Writes,
  connection: LiveConnection,
): Promise<LiveConnection> {
  if (connection.status !== 'active' || !isProven(connection)) return connection
  const siblings = (await siblingsOf(ports, trx, connection)).filter(isProven)
  const newest = siblings.filter(isOnTokens).reduce(newerOf, connection)
  if (newest !== connection) {
    const joined = onGrantOf(newest, connection)
    await trx.saveConnection(connection, joined)
    return joined
  }
  for (const sibling of siblings) await follow(trx, sibling, onGrantOf(connection, sibling))
  return connection
}

/**
 * What an attempt to refresh made of one, in its transaction, holds for all who live on its grant.
 * Answers what became of those.
 */
export async function letSiblingsFollow(
  ports: Needs,
  trx: Writes,
  { before, after }: Change,
): Promise<readonly Change[]> {
  if (after.draft !== null) return []
  const isRenewed = after.grant !== before.grant
  const followed: Change[] = []
  for (const sibling of await siblingsOfEither(ports, trx, [before, after])) {
    const moved = isRenewed ? onGrantOf(after, sibling) : inStateOf(after, sibling)
    await follow(trx, sibling, moved)
    followed.push({ before: sibling, after: moved })
  }
  return followed
}

/**
 * A refresh of one that was deleted meanwhile spent the refresh token of all: what it brought is
 * theirs. False where nobody lives on what was presented.
 */
export async function leaveToSiblings(
  ports: Needs,
  trx: Writes,
  { before, after }: { readonly before: LiveConnection; readonly after: LiveConnection },
): Promise<boolean> {
  if (before.draft !== null) return false
  const siblings = await siblingsOf(ports, trx, before)
  const isMachine = before.grant.kind === 'machine'
  const heirs = siblings.filter((one) => isMachine || holdOneToken(ports, before, one))
  for (const heir of heirs) await follow(trx, heir, onGrantOf(after, heir))
  return heirs.length > 0
}

/** The one of them that is refreshed for all: the oldest that can be. */
export async function leaderOf(
  ports: Needs & Pick<Ports, 'store'>,
  connection: LiveConnection,
): Promise<LiveConnection> {
  const siblings = await siblingsOf(ports, ports.store, connection)
  const able = [connection, ...siblings].filter(({ grant }) => isRenewable(grant))
  return able.reduce((oldest, one) => (one.id < oldest.id ? one : oldest), able[0] ?? connection)
}

export function endsSiblings(
  { providers }: Pick<Ports, 'providers'>,
  { provider }: Pick<LiveConnection, 'provider'>,
): boolean {
  return providers.get(provider)?.refresh.endsSiblings === true
}

/** Every other connection that a refresh of this one would end; none at most providers. */
export async function siblingsOf(
  ports: Needs,
  reads: Pick<Writes, 'connectionsOfAccount'>,
  connection: LiveConnection,
): Promise<readonly LiveConnection[]> {
  const accountId = connection.account.id
  const { kind } = connection.grant
  const provider = ports.providers.get(connection.provider)
  if (provider?.refresh.endsSiblings !== true || accountId === null) return []
  if (kind === 'credentials' || !isRenewable(connection.grant)) return []
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const all = await reads.connectionsOfAccount(connection.provider, accountId)
  return (
    all
      .filter(isLive)
      .filter((one) => one.id !== connection.id && one.grant.kind === kind)
      // The hash is for the search; which account a connection has is sealed.
      .filter((one) => one.account.id === accountId)
      .filter((one) => ports.endpoint.clientKey(one.provider, one.client) === client)
      // Accounts of one number at two instances of a provider are two accounts.
      .filter((one) => sameParams(paramsOf(provider, one), paramsOf(provider, connection)))
      .filter((one) => haveOneOwner(connection, one) || holdOneToken(ports, connection, one))
  )
}

async function siblingsOfEither(
  ports: Needs,
  trx: Writes,
  states: readonly LiveConnection[],
): Promise<readonly LiveConnection[]> {
  const found = new Map<string, LiveConnection>()
  for (const state of states) {
    for (const one of await siblingsOf(ports, trx, state)) found.set(one.id, one)
  }
  return [...found.values()]
}

function haveOneOwner({ grant: a }: LiveConnection, { grant: b }: LiveConnection): boolean {
  // Whoever has the client can get its token.
  if (a.kind === 'machine') return b.kind === 'machine'
  if (a.kind !== 'oauth' || b.kind !== 'oauth' || !isRenewable(b)) return false
  if (a.owner.is !== 'proven' || b.owner.is !== 'proven') return false
  return a.owner.accountId === b.owner.accountId && a.issuedTo === b.issuedTo
}

/** Grants that were shared before their owner was stored: redeeming one spends the other. */
function holdOneToken(ports: Pick<Ports, 'sealer'>, a: LiveConnection, b: LiveConnection): boolean {
  return isSameRefreshToken(ports, a.grant.refreshToken, b.grant.refreshToken)
}

function isProven({ grant }: LiveConnection): boolean {
  return isRenewable(grant) && (grant.kind !== 'oauth' || grant.owner.is === 'proven')
}

/** A parameter that a connection does not name has the value of the settings. */
function paramsOf({ params }: Provider, connection: LiveConnection): Record<string, string> {
  const defaults = Object.entries(params).flatMap(([name, { default: value }]) =>
    value === null ? [] : [[name, value] as const],
  )
  return { ...Object.fromEntries(defaults), ...connection.params }
}

/** The sibling on the tokens of `connection`; what it asked for, and what the app said of it, stay. */
export function onGrantOf(connection: LiveConnection, sibling: LiveConnection): LiveConnection {
  const { id, generation, requestedScope } = sibling.grant
  const grant = { ...connection.grant, id, generation: generation + 1, requestedScope }
  const { providerData } = connection
  return { ...inStateOf(connection, sibling), providerData, grant, attempt: null }
}

function inStateOf(connection: LiveConnection, sibling: LiveConnection): LiveConnection {
  const { id, userId, label, metadata, params, client, draft, createdAt } = sibling
  const { account, providerData, grant, attempt } = sibling
  const own = { id, userId, label, metadata, params, client, draft, createdAt }
  return { ...connection, ...own, account, providerData, grant, attempt }
}

async function follow(trx: Writes, before: LiveConnection, after: LiveConnection): Promise<void> {
  await trx.saveConnection(before, after)
  for (const event of refreshEvents(before, after)) await trx.appendEvent(event, after.updatedAt)
}

function isOnTokens({ status, grant }: LiveConnection): boolean {
  return status !== 'disconnected' && grant.token !== null && isRenewable(grant)
}

function newerOf(a: LiveConnection, b: LiveConnection): LiveConnection {
  return (b.grant.token?.issuedAt ?? 0) > (a.grant.token?.issuedAt ?? 0) ? b : a
}

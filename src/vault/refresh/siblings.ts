import {
  type Connection,
  isLive,
  isRenewable,
  type LiveConnection,
} from '../../core/connection/connection.ts'
import { sameParams } from '../../core/connection/params.ts'
import type { Provider } from '../../core/connection/provider.ts'
import { refreshEvents } from '../../core/events/event.ts'
import {
  haveOneOwner,
  inStateOf,
  mayBeShared,
  newestOf,
  onGrantOf,
} from '../../core/refresh/shared-grant.ts'
import type { Ports } from '../../ports/ports.ts'
import type { Reads, Writes } from '../../ports/store.ts'
import { isSameRefreshToken } from '../connections/token-id.ts'
import type { Change } from './report-disconnected.ts'

/*
 * At some providers, a refresh ends the refresh tokens of all other grants of the account and
 * client. There, the connections of an account share one grant. One of them, the leader, is
 * refreshed, and the others get its tokens. A connection shares a grant only if the provider has
 * named its owner (see `GrantOwner`). If the app could name the owner, one tenant could get the
 * tokens of another.
 */

type Needs = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>
type SiblingReads = Pick<Reads, 'connectionsOfAccount'>

export function endsSiblings(
  { providers }: Pick<Ports, 'providers'>,
  { provider }: Pick<LiveConnection, 'provider'>,
): boolean {
  return providers.get(provider)?.refresh.endsSiblings === true
}

/** The oldest stored connection that shares the grant. Only this connection is refreshed. */
export async function leaderOf(
  ports: Needs,
  reads: SiblingReads,
  connection: LiveConnection,
): Promise<LiveConnection> {
  if (connection.draft !== null) return connection
  const all = await allOnGrant(ports, reads, connection)
  const able = all.filter(({ grant }) => isRenewable(grant))
  return able.toSorted((a, b) => (a.id < b.id ? -1 : 1))[0] ?? connection
}

type Followed = {
  /** The connection as it is stored now. */
  readonly connection: LiveConnection
  readonly siblings: readonly Change[]
}

/**
 * Applies a stored change of one connection to its siblings. Every refresh outcome, success or
 * failure, is copied to all siblings. A new grant is copied too. If a sibling was refreshed after
 * the new grant was issued, the new grant is dead and the connection gets the siblings' grant.
 */
export async function follow(
  ports: Needs,
  trx: Writes,
  { before, after }: { readonly before: Connection | null; readonly after: LiveConnection },
): Promise<Followed> {
  if (after.draft !== null) return { connection: after, siblings: [] }
  const isNewGrant = before?.draft !== null || !isLive(before) || before.grant.id !== after.grant.id
  if (isNewGrant) return shareNewGrant(ports, trx, after)
  const isRenewed = after.grant.generation !== before.grant.generation
  const found = new Map<string, LiveConnection>()
  for (const state of [before, after]) {
    for (const one of await siblingsOf(ports, trx, state)) found.set(one.id, one)
  }
  const moved = isRenewed ? onGrantOf : inStateOf
  return {
    connection: after,
    siblings: await moveAll(trx, [...found.values()], (one) => moved(after, one)),
  }
}

async function shareNewGrant(
  ports: Needs,
  trx: Writes,
  connection: LiveConnection,
): Promise<Followed> {
  if (connection.status !== 'active' || !mayBeShared(connection))
    return { connection, siblings: [] }
  const siblings = (await siblingsOf(ports, trx, connection)).filter(mayBeShared)
  const newest = newestOf(connection, siblings)
  if (newest === connection) {
    return {
      connection,
      siblings: await moveAll(trx, siblings, (one) => onGrantOf(connection, one)),
    }
  }
  const joined = onGrantOf(newest, connection)
  await trx.saveConnection(connection, joined)
  return { connection: joined, siblings: [] }
}

async function moveAll(
  trx: Writes,
  siblings: readonly LiveConnection[],
  move: (sibling: LiveConnection) => LiveConnection,
): Promise<readonly Change[]> {
  const changes = siblings.map((before) => ({ before, after: move(before) }))
  for (const { before, after } of changes) {
    await trx.saveConnection(before, after)
    for (const event of refreshEvents(before, after)) await trx.appendEvent(event, after.updatedAt)
  }
  return changes
}

async function siblingsOf(
  ports: Needs,
  reads: SiblingReads,
  connection: LiveConnection,
): Promise<readonly LiveConnection[]> {
  return (await allOnGrant(ports, reads, connection)).filter(({ id }) => id !== connection.id)
}

/**
 * Every stored connection, including this one, whose grant a refresh of this connection would end.
 * Empty for most providers.
 */
async function allOnGrant(
  ports: Needs,
  reads: SiblingReads,
  connection: LiveConnection,
): Promise<readonly LiveConnection[]> {
  const { kind } = connection.grant
  const { id: accountId } = connection.account
  const provider = ports.providers.get(connection.provider)
  if (provider?.refresh.endsSiblings !== true || accountId === null) return []
  if (kind === 'credentials' || !isRenewable(connection.grant)) return []
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const all = await reads.connectionsOfAccount(connection.provider, accountId)
  return (
    all
      .filter(isLive)
      .filter((one) => one.grant.kind === kind)
      // The query compares a hash of the account id, so compare the id itself too.
      .filter((one) => one.account.id === accountId)
      .filter((one) => ports.endpoint.clientKey(one.provider, one.client) === client)
      // The same account id at two instances of a provider belongs to two accounts.
      .filter((one) => sameParams(paramsOf(provider, one), paramsOf(provider, connection)))
      // Older rows have no stored owner. They share a grant if they have the same refresh token.
      .filter(
        ({ grant }) =>
          haveOneOwner(connection.grant, grant) ||
          isSameRefreshToken(ports, connection.grant.refreshToken, grant.refreshToken),
      )
  )
}

/** Adds the default values from the settings. */
function paramsOf({ params }: Provider, connection: LiveConnection): Record<string, string> {
  const defaults = Object.entries(params).flatMap(([name, { default: value }]) =>
    value === null ? [] : [[name, value] as const],
  )
  return { ...Object.fromEntries(defaults), ...connection.params }
}

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
 * At some providers a refresh ends the refresh tokens of all other grants that the same account gave the
 * same client. There, the connections of an account share one grant: one of them, the leader, is
 * refreshed, and the others follow. A connection shares only if the provider has named its owner (see
 * `GrantOwner`). If the app's word were enough, one tenant could get the tokens of another.
 */

type Needs = Pick<Ports, 'endpoint' | 'providers' | 'sealer'>
type SiblingReads = Pick<Reads, 'connectionsOfAccount'>

export function endsSiblings(
  { providers }: Pick<Ports, 'providers'>,
  { provider }: Pick<LiveConnection, 'provider'>,
): boolean {
  return providers.get(provider)?.refresh.endsSiblings === true
}

/** The oldest stored connection on the grant, which is refreshed for all; `connection` if it is alone. */
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
  /** As it is stored now. */
  readonly connection: LiveConnection
  readonly siblings: readonly Change[]
}

/**
 * Writes to the siblings what a stored change of one connection means for them. A new grant becomes the
 * grant of all, unless the siblings were refreshed after it was issued: then it is dead already, and the
 * connection joins theirs. A refresh, whatever its outcome, counts for all.
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
 * Every stored connection whose grant a refresh of this one would end, itself included. Empty at most
 * providers.
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
      // The query uses a hash; the account id is sealed.
      .filter((one) => one.account.id === accountId)
      .filter((one) => ports.endpoint.clientKey(one.provider, one.client) === client)
      // The same account id at two instances of a provider means two accounts.
      .filter((one) => sameParams(paramsOf(provider, one), paramsOf(provider, connection)))
      // Rows from before the owner was stored share a grant if they hold the same refresh token.
      .filter(
        ({ grant }) =>
          haveOneOwner(connection.grant, grant) ||
          isSameRefreshToken(ports, connection.grant.refreshToken, grant.refreshToken),
      )
  )
}

/** Adds the defaults of the settings. */
function paramsOf({ params }: Provider, connection: LiveConnection): Record<string, string> {
  const defaults = Object.entries(params).flatMap(([name, { default: value }]) =>
    value === null ? [] : [[name, value] as const],
  )
  return { ...Object.fromEntries(defaults), ...connection.params }
}

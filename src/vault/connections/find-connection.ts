import { type Caller, reaches, reachesProvider, reachesUser } from '../../core/base/access.ts'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ConnectionId, ProviderId, UserId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'

/**
 * A connection is requested by id, or by user and provider. If there are several, `account` selects
 * one.
 */
export type ConnectionTarget =
  | { readonly id: ConnectionId }
  | {
      readonly userId: UserId
      readonly provider: ProviderId
      /** E-mail, account id or label. */
      readonly account: string | null
    }

/**
 * Throws `VaultError`: not_found, several_accounts. A connection that the API key may not see
 * counts as not found, so that a caller cannot test ids.
 */
export async function findConnection(
  { store }: Pick<Ports, 'store'>,
  caller: Caller,
  target: ConnectionTarget,
): Promise<Connection> {
  const found =
    'id' in target ? await store.connection(target.id) : await byUser(store, caller, target)
  if (found === null || found.draft !== null || !reaches(caller, found)) {
    throw new VaultError('not_found', 'no such connection')
  }
  return found
}

async function byUser(
  store: Ports['store'],
  caller: Caller,
  target: Exclude<ConnectionTarget, { id: ConnectionId }>,
): Promise<Connection | null> {
  const { userId, provider, account } = target
  if (!reachesUser(caller, userId) || !reachesProvider(caller, provider)) return null
  const all = await store.connectionsOf(userId, provider)
  const named = account === null ? all : all.filter((one) => isCalled(one, account))
  // Ignore pending connections if a confirmed one matches.
  const live = named.filter(isLive)
  const found = live.length > 0 ? live : named
  if (found.length > 1) throw severalAccounts(found)
  return found[0] ?? null
}

/** Compares the name with the account id, the e-mail (ignoring case) and the label. */
function isCalled({ account, label }: Connection, name: string): boolean {
  return (
    account.id === name || label === name || account.email?.toLowerCase() === name.toLowerCase()
  )
}

function severalAccounts(connections: readonly Connection[]): VaultError {
  const detail = 'the user has several accounts at this provider: name one with ?account='
  const accounts = connections.map(({ id: connectionId, account, label }) => ({
    ...account,
    label,
    connectionId,
  }))
  return new VaultError('several_accounts', detail, { accounts })
}

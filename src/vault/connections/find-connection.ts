import { type Caller, reaches, reachesProvider, reachesUser } from '../../core/base/access.ts'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import { VaultError } from '../../core/base/errors.ts'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import type { ConnectionTarget } from './target.ts'

type Needs = Pick<Ports, 'store'>

/**
 * Throws `VaultError`: not_found, several_accounts. What the key may not see is reported as missing,
 * so that ids cannot be probed.
 */
export async function findConnection(
  ports: Needs,
  caller: Caller,
  target: ConnectionTarget,
): Promise<Connection> {
  const connection =
    'id' in target ? await byId(ports, target.id) : await byUser(ports, caller, target)
  if (connection === null || !reaches(caller, connection)) throw missing()
  return connection
}

async function byId(ports: Needs, id: ConnectionId): Promise<Connection | null> {
  const connection = await ports.store.connection(id)
  return connection === null || connection.draft !== null ? null : connection
}

async function byUser(
  ports: Needs,
  caller: Caller,
  target: Exclude<ConnectionTarget, { id: ConnectionId }>,
): Promise<Connection | null> {
  if (!reachesUser(caller, target.userId) || !reachesProvider(caller, target.provider)) return null
  const all = await ports.store.connectionsOf(target.userId, target.provider)
  const { account } = target
  const named = account === null ? all : all.filter((one) => isCalled(one, account))
  // What nobody stands by yet must not make ambiguous what the app has had all along.
  const live = named.filter(isLive)
  const candidates = live.length > 0 ? live : named
  if (candidates.length > 1) throw severalAccounts(candidates)
  return candidates[0] ?? null
}

/** By account id, e-mail (letter case aside) or label. */
function isCalled({ account, label }: Connection, name: string): boolean {
  return (
    account.id === name || label === name || account.email?.toLowerCase() === name.toLowerCase()
  )
}

function severalAccounts(connections: readonly Connection[]): VaultError {
  return new VaultError(
    'several_accounts',
    'the user has several accounts at this provider: name one with ?account=',
    {
      accounts: connections.map(({ id, account, label }) => ({
        ...account,
        label,
        connectionId: id,
      })),
    },
  )
}

function missing(): VaultError {
  return new VaultError('not_found', 'no such connection')
}

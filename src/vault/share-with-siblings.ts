import { isLive, type LiveConnection } from '../core/connection.ts'
import type { Provider } from '../core/provider.ts'
import type { Ports, Writes } from '../ports.ts'

type Needs = Pick<Ports, 'endpoint' | 'providers'>

/**
 * At some providers a refresh ends the refresh tokens of every other grant that the same account gave
 * the same client. Connections of such an account live on one grant: whatever brings newer tokens to
 * one of them brings them to all, in its transaction.
 */
export async function shareWithSiblings(
  ports: Needs,
  trx: Writes,
  connection: LiveConnection,
): Promise<void> {
  for (const sibling of await siblingsOf(ports, trx, connection)) {
    const { id, generation } = sibling.grant
    const grant = { ...connection.grant, id, generation: generation + 1 }
    await trx.saveConnection(sibling, {
      ...connection,
      id: sibling.id,
      userId: sibling.userId,
      label: sibling.label,
      metadata: sibling.metadata,
      draft: null,
      createdAt: sibling.createdAt,
      grant,
    })
  }
}

/** The one of them that is refreshed for all: the oldest. */
export async function leaderOf(
  ports: Needs & Pick<Ports, 'store'>,
  connection: LiveConnection,
): Promise<LiveConnection> {
  const siblings = await siblingsOf(ports, ports.store, connection)
  return siblings.reduce((oldest, one) => (one.id < oldest.id ? one : oldest), connection)
}

async function siblingsOf(
  ports: Needs,
  reads: Pick<Writes, 'connectionsOfAccount'>,
  connection: LiveConnection,
): Promise<readonly LiveConnection[]> {
  const accountId = connection.account.id
  const provider: Provider | undefined = ports.providers.get(connection.provider)
  const { kind } = connection.grant
  if (provider?.refresh.endsSiblings !== true || accountId === null || kind !== 'oauth') return []
  const client = ports.endpoint.clientKey(connection.provider, connection.client)
  const all = await reads.connectionsOfAccount(connection.provider, accountId)
  return all
    .filter(isLive)
    .filter((one) => one.id !== connection.id && one.grant.kind === 'oauth')
    .filter((one) => ports.endpoint.clientKey(one.provider, one.client) === client)
}

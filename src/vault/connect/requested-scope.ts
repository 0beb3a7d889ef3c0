import type { ConnectRequest } from '../../core/connect/flow.ts'
import { isLive } from '../../core/connection/connection.ts'
import { type Provider, scopesToRequest } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'

/** A reconnect asks for what the connection had asked for before, and for what its link adds. */
export async function requestedScope(
  ports: Pick<Ports, 'store'>,
  provider: Provider,
  request: Pick<ConnectRequest, 'scope' | 'connectionId'>,
): Promise<readonly string[]> {
  if (request.connectionId === null) return scopesToRequest(provider, request.scope)
  const connection = await ports.store.connection(request.connectionId)
  const before = connection !== null && isLive(connection) ? connection.grant.requestedScope : []
  const wished = [...before, ...(request.scope ?? [])]
  return scopesToRequest(provider, wished.length > 0 ? wished : null)
}

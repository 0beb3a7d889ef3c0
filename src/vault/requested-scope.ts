import type { ConnectRequest } from '../core/authorization.ts'
import { isLive } from '../core/connection.ts'
import { type Provider, scopesToRequest } from '../core/provider.ts'
import type { Ports } from '../ports.ts'

/** A reconnect that names no scope asks for what the connection had asked for before. */
export async function requestedScope(
  ports: Pick<Ports, 'store'>,
  provider: Provider,
  request: Pick<ConnectRequest, 'scope' | 'connectionId'>,
): Promise<readonly string[]> {
  if (request.scope !== null || request.connectionId === null) {
    return scopesToRequest(provider, request.scope)
  }
  const connection = await ports.store.connection(request.connectionId)
  const before = connection !== null && isLive(connection) ? connection.grant.requestedScope : []
  return scopesToRequest(provider, before.length > 0 ? before : null)
}

import { type Caller, reachesUser } from '../../core/base/access.ts'
import type { ConnectLink, ConnectRequest } from '../../core/connect/flow.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { type FieldError, VaultError } from '../../core/base/errors.ts'
import { newId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { capWarnings, type Warning } from './connect-warnings.ts'
import { linkProblems, reachedProvider } from './demand-problems.ts'
import { digest } from '../../core/base/digest.ts'
import { findConnection } from '../connections/find-connection.ts'
import type { LinkRequest } from './connect-requests.ts'

export type CreatedLink = {
  readonly link: ConnectLink
  readonly url: string
  readonly warnings: readonly Warning[]
}

type Needs = Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'policy'>

/** The URL is given out once: only a hash of its secret is kept. */
export async function createLink(
  ports: Needs,
  caller: Caller,
  demand: LinkRequest,
): Promise<CreatedLink> {
  if (!reachesUser(caller, demand.userId)) throw new VaultError('not_found', 'no such user')
  const errors = linkProblems(ports, caller, demand)
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the link cannot be made', { errors })
  const providers = demand.providers.flatMap((id) => reachedProvider(ports, caller, id) ?? [])

  const { connectionId } = demand
  const reconnected =
    connectionId === null ? null : await findConnection(ports, caller, { id: connectionId })
  if (reconnected !== null) checkReconnect(demand, reconnected)

  const now = ports.clock.now()
  const secret = Buffer.from(ports.random.bytes(32)).toString('base64url')
  const link: ConnectLink = {
    id: newId('lnk', now, ports.random.bytes(10)),
    secretHash: digest(secret),
    providers: demand.providers,
    request: requestOf(demand, reconnected),
    redirectUrl: demand.redirectUrl,
    confirm: demand.confirm ?? ports.policy.confirm,
    state: { status: 'pending' },
    lastError: null,
    createdAt: now,
    expiresAt: now + demand.ttlSeconds * 1000,
  }
  await ports.store.write((trx) => trx.insertLink(link, connectionId))
  const warned = await Promise.all(providers.map((one) => capWarnings(ports, caller, one, link)))
  return { link, url: `${ports.policy.publicUrl}/connect/${secret}`, warnings: warned.flat() }
}

function checkReconnect(demand: LinkRequest, connection: Connection): void {
  const errors: FieldError[] = []
  if (connection.userId !== demand.userId) {
    errors.push({ in: 'body', name: 'connectionId', detail: 'belongs to another user' })
  }
  if (!demand.providers.includes(connection.provider) || demand.providers.length > 1) {
    errors.push({ in: 'body', name: 'provider', detail: 'must be the one of the connection' })
  }
  if (errors.length > 0)
    throw new VaultError('invalid_request', 'the link cannot be made', { errors })
}

/** A reconnect goes to the same client with the same parameters, unless others are named. */
function requestOf(demand: LinkRequest, reconnected: Connection | null): ConnectRequest {
  const { userId, email, expectedAccount, state, label, displayName, metadata, connectionId } =
    demand
  const hasParams = Object.keys(demand.params).length > 0
  return {
    userId,
    scope: demand.scope,
    email: email ?? reconnected?.account.email ?? null,
    expectedAccount,
    state,
    label,
    displayName,
    metadata,
    connectionId,
    client: demand.client ?? reconnected?.client ?? null,
    params: hasParams ? demand.params : (reconnected?.params ?? {}),
  }
}

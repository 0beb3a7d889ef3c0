import { type Caller, reachesUser } from '../../core/base/access.ts'
import type { ConnectLink, ConnectRequest } from '../../core/connect/flow.ts'
import type { Connection } from '../../core/connection/connection.ts'
import { type FieldError, requireValid, VaultError } from '../../core/base/errors.ts'
import { newId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'
import { capWarnings, type Warning } from './connect-warnings.ts'
import { type LinkRequest, linkProblems, reachedProvider } from './request-problems.ts'
import { digest } from '../../core/base/digest.ts'
import { findConnection } from '../connections/find-connection.ts'

export type CreatedLink = {
  readonly link: ConnectLink
  /** Returned only once, because only a hash of its secret is stored. */
  readonly url: string
  readonly warnings: readonly Warning[]
}

export async function createLink(
  ports: Pick<Ports, 'clock' | 'random' | 'store' | 'endpoint' | 'providers' | 'policy'>,
  caller: Caller,
  request: LinkRequest,
): Promise<CreatedLink> {
  const { providers, redirectUrl, ttlSeconds, confirm, ...connect } = request
  if (!reachesUser(caller, connect.userId)) throw new VaultError('not_found', 'no such user')
  requireValid(linkProblems(ports, caller, request), CANNOT)
  const { connectionId } = connect
  const reconnected =
    connectionId === null ? null : await findConnection(ports, caller, { id: connectionId })
  if (reconnected !== null) requireValid(reconnectProblems(request, reconnected), CANNOT)

  const now = ports.clock.now()
  const secret = Buffer.from(ports.random.bytes(32)).toString('base64url')
  const link: ConnectLink = {
    id: newId('lnk', now, ports.random.bytes(10)),
    secretHash: digest(secret),
    providers,
    request: withDefaults(connect, reconnected),
    redirectUrl,
    confirm: confirm ?? ports.policy.confirm,
    state: { status: 'pending' },
    lastError: null,
    createdAt: now,
    expiresAt: now + ttlSeconds * 1000,
  }
  await ports.store.write((trx) => trx.insertLink(link, connectionId))
  const known = providers.flatMap((id) => reachedProvider(ports, caller, id) ?? [])
  const warnings = await Promise.all(known.map((one) => capWarnings(ports, caller, one, link)))
  return { link, url: `${ports.policy.publicUrl}/connect/${secret}`, warnings: warnings.flat() }
}

const CANNOT = 'the link cannot be made'

function reconnectProblems(request: LinkRequest, connection: Connection): readonly FieldError[] {
  const errors: FieldError[] = []
  if (connection.userId !== request.userId) {
    errors.push({ in: 'body', name: 'connectionId', detail: 'belongs to another user' })
  }
  if (!request.providers.includes(connection.provider) || request.providers.length > 1) {
    errors.push({ in: 'body', name: 'provider', detail: 'must be the one of the connection' })
  }
  return errors
}

/** A reconnect uses the connection's client and parameters, unless the app names others. */
function withDefaults(request: ConnectRequest, reconnected: Connection | null): ConnectRequest {
  if (reconnected === null) return request
  const { email, client, params } = request
  return {
    ...request,
    email: email ?? reconnected.account.email,
    client: client ?? reconnected.client,
    params: Object.keys(params).length > 0 ? params : reconnected.params,
  }
}

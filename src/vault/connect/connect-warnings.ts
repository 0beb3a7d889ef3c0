import { type Caller, reaches } from '../../core/base/access.ts'
import type { ConnectLink } from '../../core/connect/flow.ts'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'

/** Something that works and will not last, with what to change. */
export type Warning = {
  readonly code: 'no_refresh_token' | 'grants_per_account'
  readonly detail: string
}

/** What is wrong with a connection although it serves. */
export function warningsOf(
  { providers }: Pick<Ports, 'providers'>,
  connection: Connection,
): readonly Warning[] {
  if (!isLive(connection) || connection.grant.kind !== 'oauth') return []
  if (connection.grant.refreshToken !== null) return []
  const remedy = providers.get(connection.provider)?.refresh.remedy
  const ending = 'the user has to connect again when this token ends'
  return [
    {
      code: 'no_refresh_token',
      detail: `the provider issued no refresh token: ${remedy ?? ending}`,
    },
  ]
}

/**
 * Before a consent: some providers keep so many grants of one account at one client, and one more
 * silently ends the oldest, which is another connection's. Known only where the link names an account.
 * Only connections that the key reaches are counted: the warning must not reveal those of others.
 */
export async function capWarnings(
  ports: Pick<Ports, 'store' | 'providers' | 'endpoint'>,
  caller: Caller,
  provider: Provider,
  { request }: Pick<ConnectLink, 'request'>,
): Promise<readonly Warning[]> {
  const cap = provider.refresh.grantsPerAccount
  if (cap === null) return []
  const accountId = await accountWord(ports, request)
  if (accountId === null) return []
  const client = ports.endpoint.clientName(provider.id, request.client)
  const held = await ports.store.connectionsOfAccount(provider.id, accountId)
  const count = held.filter(
    (one) => reaches(caller, one) && ports.endpoint.clientName(one.provider, one.client) === client,
  )
  if (count.length < cap) return []
  const detail = `the provider keeps ${cap} grants of an account: one more ends the oldest of them`
  return [{ code: 'grants_per_account', detail }]
}

async function accountWord(
  { store }: Pick<Ports, 'store'>,
  { connectionId, expectedAccount }: ConnectLink['request'],
): Promise<string | null> {
  if (connectionId === null) return expectedAccount
  return (await store.connection(connectionId))?.account.id ?? expectedAccount
}

/** Of what came of a link. */
export async function linkWarnings(
  ports: Pick<Ports, 'store' | 'providers'>,
  { state }: Pick<ConnectLink, 'state'>,
): Promise<readonly Warning[]> {
  if (state.status !== 'completed') return []
  const connection = await ports.store.connection(state.connectionId)
  return connection === null ? [] : warningsOf(ports, connection)
}

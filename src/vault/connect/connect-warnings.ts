import { type Caller, reaches } from '../../core/base/access.ts'
import type { ConnectLink } from '../../core/connect/flow.ts'
import { type Connection, isLive } from '../../core/connection/connection.ts'
import type { Provider } from '../../core/connection/provider.ts'
import type { Ports } from '../../ports/ports.ts'

/** A problem that will end a working connection, and how to prevent it. */
export type Warning = {
  readonly code: 'no_refresh_token' | 'grants_per_account'
  readonly detail: string
}

export function warningsOf(
  { providers }: Pick<Ports, 'providers'>,
  connection: Connection,
): readonly Warning[] {
  if (!isLive(connection) || connection.grant.kind !== 'oauth') return []
  if (connection.grant.refreshToken !== null) return []
  const remedy = providers.get(connection.provider)?.refresh.remedy
  const ending = 'the user has to connect again when this token ends'
  const detail = `the provider issued no refresh token: ${remedy ?? ending}`
  return [{ code: 'no_refresh_token', detail }]
}

/** The warnings for the connection of a completed link. */
export async function linkWarnings(
  ports: Pick<Ports, 'store' | 'providers'>,
  { state }: Pick<ConnectLink, 'state'>,
): Promise<readonly Warning[]> {
  if (state.status !== 'completed') return []
  const connection = await ports.store.connection(state.connectionId)
  return connection === null ? [] : warningsOf(ports, connection)
}

/**
 * Warns if a consent would end an older grant: some providers limit the number of grants per
 * account and client. Works only if the link names an account. Counts only connections that the API
 * key may see, so that the warning does not reveal others.
 */
export async function capWarnings(
  { store, endpoint }: Pick<Ports, 'store' | 'endpoint'>,
  caller: Caller,
  { id, refresh: { grantsPerAccount: cap } }: Provider,
  { request: { connectionId, expectedAccount, client } }: Pick<ConnectLink, 'request'>,
): Promise<readonly Warning[]> {
  if (cap === null) return []
  const connection = connectionId === null ? null : await store.connection(connectionId)
  const accountId = connection?.account.id ?? expectedAccount
  if (accountId === null) return []
  const name = endpoint.clientName(id, client)
  const all = await store.connectionsOfAccount(id, accountId)
  const counted = all.filter(
    (one) => reaches(caller, one) && endpoint.clientName(one.provider, one.client) === name,
  )
  if (counted.length < cap) return []
  const detail = `the provider keeps ${cap} grants of an account: one more ends the oldest of them`
  return [{ code: 'grants_per_account', detail }]
}

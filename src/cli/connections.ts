import type { ConnectionView } from '../core/events/connection-view.ts'
import type { Ask } from './daemon-client.ts'
import { printJson, printRows, type Row, tell } from './print.ts'
import { readPages } from './read-pages.ts'

export type ListOptions = {
  readonly json: boolean
  readonly user?: string
  readonly provider?: string
  readonly status?: string
}

const COLUMNS = ['id', 'user', 'provider', 'account', 'status', 'expires', 'reason']

export async function listConnections(ask: Ask, options: ListOptions): Promise<void> {
  const { user, provider, status } = options
  const wanted = Object.entries({ userId: user, provider, status })
  const query = Object.fromEntries(wanted.filter((pair): pair is [string, string] => !!pair[1]))
  const items = await readPages<ConnectionView>(ask, '/v1/connections', query)
  if (items.length === 0) tell('no connections')
  if (options.json) return printJson(items)
  printRows(items.map(rowOf), COLUMNS)
}

export async function showConnection(ask: Ask, id: string): Promise<void> {
  printJson(await ask({ method: 'GET', path: pathOf(id) }))
}

export async function refreshConnection(
  ask: Ask,
  id: string,
  options: { readonly json: boolean },
): Promise<void> {
  const path = `${pathOf(id)}/refresh`
  const refreshed = await ask<ConnectionView>({ method: 'POST', path })
  if (options.json) return printJson(refreshed)
  printRows([rowOf(refreshed)], COLUMNS)
}

export async function deleteConnection(
  ask: Ask,
  id: string,
  options: { readonly json: boolean; readonly revoke: boolean },
): Promise<void> {
  const path = `${pathOf(id)}?revoke=${options.revoke}`
  const deleted = await ask<{ revocation: string }>({ method: 'DELETE', path })
  if (options.json) return printJson(deleted)
  tell(`${id} is deleted; revocation at the provider: ${deleted.revocation}`)
}

function pathOf(id: string): string {
  return `/v1/connections/${encodeURIComponent(id)}`
}

function rowOf(connection: ConnectionView): Row {
  const { id, userId, provider, account, status, expiresAt, failure } = connection
  return {
    id,
    user: userId,
    provider,
    account: account.email ?? account.id,
    status,
    expires: expiresAt,
    reason: failure?.reason,
  }
}

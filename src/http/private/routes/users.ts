import { z } from 'zod'
import { type Caller, holds } from '../../../core/base/access.ts'
import type { Connection } from '../../../core/connection/connection.ts'
import type { UserId } from '../../../core/base/ids.ts'
import { yieldTurn } from '../../../core/base/yield-turn.ts'
import type { Ports } from '../../../ports/ports.ts'
import { deleteConnection } from '../../../vault/connections/delete-connection.ts'
import { deleteUser } from '../../../vault/connections/delete-user.ts'
import { findConnection } from '../../../vault/connections/find-connection.ts'
import { importTokens } from '../../../vault/import/import-tokens.ts'
import { listConnections } from '../../../vault/connections/list-connections.ts'
import { type EndpointCall, created, endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentConnection, presentUserConnection } from '../present.ts'
import { connectionListShape, connectionShape, deletionShape, userDeletionShape } from '../wire.ts'
import { CREDENTIAL_ERRORS } from './credentials.ts'
import { requireProvider } from './require-provider.ts'

const resource = {
  path: '/v1/users/{userId}/oauth/{provider}',
  params: { userId: field.userId, provider: field.providerId },
} as const

const account = field
  .text(1, 256)
  .optional()
  .describe('E-mail, account id or label; required if there are several.')

/** Compatible with Recal, which requires more fields than `POST /v1/connections`. */
const importBody = z.strictObject({
  accessToken: field.secretText,
  refreshToken: field.maybe(field.secretText),
  scope: field.scope,
  expiresAt: field.maybe(field.instant),
  email: field.maybe(field.email),
})

export const userEndpoints = [
  endpoint({
    id: 'listUserConnections',
    method: 'get',
    path: '/v1/users/{userId}/oauth',
    summary: "List a user's connections",
    permission: 'connections:read',
    params: { userId: field.userId },
    answers: { 200: connectionListShape },
    errors: ['not_found'],
    handle: async (call, { params }) => {
      const { connections, nextCursor } = await connectionsOf(call, params.userId)
      const items = connections.map((one) => presentConnection(one, call.ports))
      return ok(nextCursor === null ? { items } : { items, nextCursor })
    },
  }),
  endpoint({
    ...resource,
    id: 'importUserConnection',
    method: 'post',
    summary: "Import a user's tokens for a provider",
    permission: 'connections:write',
    body: importBody,
    answers: { 200: connectionShape, 201: connectionShape },
    errors: CREDENTIAL_ERRORS,
    handle: async (call, { params, body }) => {
      requireProvider(call.ports, params.provider)
      const wanted = { ...NOTHING_MORE, ...params, ...body }
      const imported = await importTokens(call.ports, call.caller, wanted)
      const view = presentResource(call, imported.connection)
      return imported.change === 'created' ? created(view) : ok(view)
    },
  }),
  endpoint({
    ...resource,
    id: 'getUserConnection',
    method: 'get',
    summary: "Read a user's connection",
    permission: 'connections:read',
    query: { account },
    answers: { 200: connectionShape },
    errors: ['not_found', 'several_accounts'],
    handle: async (call, { params, query }) => {
      const target = { ...params, account: query.account ?? null }
      return ok(presentResource(call, await findConnection(call.ports, call.caller, target)))
    },
  }),
  endpoint({
    ...resource,
    id: 'deleteUserConnection',
    method: 'delete',
    summary: "Delete a user's connection, and revoke its grant at the provider",
    permission: 'connections:write',
    query: { account, revoke: field.queryDefault(field.flag, true) },
    answers: { 200: deletionShape },
    errors: ['not_found', 'several_accounts'],
    handle: async ({ ports, caller }, { params, query }) => {
      const target = { ...params, account: query.account ?? null }
      return ok(await deleteConnection(ports, caller, target, { revoke: query.revoke }))
    },
  }),
  endpoint({
    id: 'deleteUser',
    method: 'delete',
    path: '/v1/users/{userId}',
    summary: "Delete all of a user's connections and revoke their grants",
    permission: 'connections:write',
    params: { userId: field.userId },
    answers: { 200: userDeletionShape },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params }) =>
      ok(await deleteUser(ports, caller, params.userId)),
  }),
]

const NOTHING_MORE = {
  accountId: null,
  client: null,
  params: {},
  label: null,
  metadata: null,
} as const

function presentResource({ ports, caller }: EndpointCall, connection: Connection) {
  const mayReadTokens = holds(caller, 'tokens:read')
  return presentUserConnection(connection, ports, { mayReadTokens })
}

const PAGE = 200
/** A page ends at about a megabyte, so the answer ends at about five. */
const MOST_PAGES = 5

async function connectionsOf(
  { ports, caller }: { readonly ports: Ports; readonly caller: Caller },
  userId: UserId,
): Promise<{ readonly connections: readonly Connection[]; readonly nextCursor: string | null }> {
  const connections: Connection[] = []
  const filter = { userId, provider: null, status: null, expiringBefore: null, limit: PAGE }
  let cursor: string | null = null
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { items, nextCursor } = await listConnections(ports, caller, { ...filter, cursor })
    connections.push(...items)
    cursor = nextCursor
    if (cursor === null) break
    await yieldTurn(ports.clock)
  }
  return { connections, nextCursor: cursor }
}

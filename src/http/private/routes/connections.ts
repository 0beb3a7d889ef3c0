import { z } from 'zod'
import { parseConnectionId } from '../../../core/base/ids.ts'
import { deleteConnection } from '../../../vault/connections/delete-connection.ts'
import { importProblems } from '../../../vault/connect/request-problems.ts'
import { findConnection } from '../../../vault/connections/find-connection.ts'
import { importDraft } from '../../../vault/import/keep-draft.ts'
import { listConnections } from '../../../vault/connections/list-connections.ts'
import { refreshNow } from '../../../vault/tokens/refresh-now.ts'
import { type Changes, updateConnection } from '../../../vault/import/update-connection.ts'
import { created, endpoint, ok } from '../endpoint.ts'
import * as field from '../fields.ts'
import { presentConnection } from '../present.ts'
import { connectionPageShape, connectionShape, deletionShape } from '../wire.ts'
import { draftOf, CREDENTIAL_ERRORS, importBody } from './credentials.ts'

const one = { path: '/v1/connections/{id}', params: { id: field.anyId } } as const

const listQuery = {
  userId: field.userId.optional(),
  provider: field.providerId.optional(),
  status: z.enum(['pending', 'active', 'failing', 'disconnected']).optional(),
  expiringBefore: field.instantText.optional(),
  cursor: field.text(1, 64).optional(),
  limit: field.queryDefault(field.wholeNumber(1, 500), 100),
}

const changeBody = z.strictObject({
  label: field.maybe(field.text(0, 256)).describe('An empty one removes the label.'),
  metadata: field.maybe(field.metadata).describe('Replaces all stored metadata.'),
  accessToken: field.maybe(field.secretText),
  refreshToken: field.maybe(field.secretText),
  scope: field.maybe(field.scope),
  expiresAt: field.maybe(field.instant),
  client: field.maybe(field.client),
  credentials: field.maybe(field.credentials),
})

export const connectionEndpoints = [
  endpoint({
    id: 'listConnections',
    method: 'get',
    path: '/v1/connections',
    summary: 'List connections, oldest first',
    permission: 'connections:read',
    params: {},
    query: listQuery,
    answers: { 200: connectionPageShape },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { query }) => {
      const { userId = null, provider = null, status = null, expiringBefore = null } = query
      const { cursor = null, limit } = query
      const wanted = { userId, provider, status, expiringBefore, cursor, limit }
      const { items, nextCursor } = await listConnections(ports, caller, wanted)
      return ok({ items: items.map((item) => presentConnection(item, ports)), nextCursor })
    },
  }),
  endpoint({
    id: 'importConnection',
    method: 'post',
    path: '/v1/connections',
    summary: "Import a user's tokens or credentials, or connect the client itself",
    permission: 'connections:write',
    params: {},
    body: importBody,
    answers: { 200: connectionShape, 201: connectionShape },
    errors: CREDENTIAL_ERRORS,
    problems: ({ ports, caller }, { body }) => importProblems(ports, caller, body),
    handle: async (call, { body }) => {
      const imported = await importDraft(call.ports, draftOf(call, body))
      const view = presentConnection(imported.connection, call.ports)
      return imported.change === 'created' ? created(view) : ok(view)
    },
  }),
  endpoint({
    ...one,
    id: 'getConnection',
    method: 'get',
    summary: 'Read a connection',
    permission: 'connections:read',
    answers: { 200: connectionShape },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params }) => {
      const target = { id: parseConnectionId(params.id) }
      return ok(presentConnection(await findConnection(ports, caller, target), ports))
    },
  }),
  endpoint({
    ...one,
    id: 'deleteConnection',
    method: 'delete',
    summary: 'Delete a connection, and revoke its grant at the provider',
    permission: 'connections:write',
    query: { revoke: field.queryDefault(field.flag, true) },
    answers: { 200: deletionShape },
    errors: ['not_found'],
    handle: async ({ ports, caller }, { params, query }) => {
      const target = { id: parseConnectionId(params.id) }
      return ok(await deleteConnection(ports, caller, target, { revoke: query.revoke }))
    },
  }),
  endpoint({
    ...one,
    id: 'updateConnection',
    method: 'patch',
    summary: 'Change label or metadata, or import new credentials',
    permission: 'connections:write',
    body: changeBody,
    answers: { 200: connectionShape },
    errors: CREDENTIAL_ERRORS,
    handle: async ({ ports, caller }, { params, body }) => {
      const id = parseConnectionId(params.id)
      const changed = await updateConnection(ports, caller, id, changesOf(body))
      return ok(presentConnection(changed, ports))
    },
  }),
  endpoint({
    id: 'refreshConnection',
    method: 'post',
    path: '/v1/connections/{id}/refresh',
    summary: 'Refresh now',
    permission: 'connections:write',
    params: one.params,
    answers: { 200: connectionShape },
    errors: [
      'not_found',
      'reconnect_required',
      'confirmation_required',
      'provider_misconfigured',
      'provider_unavailable',
    ],
    handle: async ({ ports, caller }, { params }) => {
      const refreshed = await refreshNow(ports, caller, parseConnectionId(params.id))
      return ok(presentConnection(refreshed, ports))
    },
  }),
]

/** Drops absent fields, so that they stay unchanged. */
function changesOf({ label, ...given }: z.output<typeof changeBody>): Changes {
  const changes = Object.entries(given).filter(([, value]) => value !== null)
  return {
    ...(Object.fromEntries(changes) as Omit<Changes, 'label'>),
    ...(label === null ? {} : { label: label === '' ? null : label }),
  }
}

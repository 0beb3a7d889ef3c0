import type { ConnectLink, LinkState } from '../../core/connect/flow.ts'
import type { ConnectionId, LinkId } from '../../core/base/ids.ts'
import type { ConnectLinkTable } from '../schema.ts'
import { readText, readTextOrNull, readTime, writeInstant } from './column.ts'
import { openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'
import { sealedRow, trustedRow } from './row-seal.ts'
import { restoreRequest, type StoredRequest, storeRequest } from './stored-request.ts'

/** The sealed JSON of `request_blob`: what the link may do. */
type StoredLink = Pick<ConnectLink, 'providers' | 'redirectUrl' | 'confirm'> & {
  readonly request: StoredRequest
}

/** Returns null if the request does not open, because the limits of the link are then unknown. */
export function readLink(cipher: RowCipher, found: ConnectLinkTable): ConnectLink | null {
  const row = trustedRow(cipher, 'connect_links', found)
  const id = readText(row.id) as LinkId
  const stored = openJson(cipher, row.request_blob, linkPlace(id)) as StoredLink | null
  const state = readState(row)
  if (stored === null || state === null) return null
  return {
    ...stored,
    id,
    secretHash: readText(row.secret_hash),
    request: restoreRequest(stored.request),
    state,
    lastError: readTextOrNull(row.last_error),
    createdAt: readTime(row.created_at),
    expiresAt: readTime(row.expires_at),
  }
}

export function linkRow(cipher: RowCipher, link: ConnectLink): ConnectLinkTable {
  const { providers, redirectUrl, confirm, request } = link
  const stored: StoredLink = { providers, redirectUrl, confirm, request: storeRequest(request) }
  return sealedRow(cipher, 'connect_links', {
    id: link.id,
    secret_hash: link.secretHash,
    user_id: request.userId,
    reconnects: request.connectionId,
    request_blob: sealJson(cipher, stored, linkPlace(link.id)),
    ...linkStateColumns(link),
    tries: 0,
    created_at: writeInstant(link.createdAt),
    expires_at: writeInstant(link.expiresAt),
  })
}

/** The columns that can change after a link is created. */
export function linkStateColumns({ state, lastError }: Pick<ConnectLink, 'state' | 'lastError'>) {
  const awaiting = state.status === 'awaiting_confirmation' ? state : null
  return {
    status: state.status,
    connection_id: 'connectionId' in state ? state.connectionId : null,
    completion_hash: awaiting?.completionHash ?? null,
    confirm_before: awaiting === null ? null : writeInstant(awaiting.confirmBefore),
    last_error: lastError,
  }
}

function readState(row: ConnectLinkTable): LinkState | null {
  const connectionId = readText(row.connection_id) as ConnectionId
  switch (row.status) {
    case 'pending':
    case 'superseded':
    case 'withdrawn':
      return { status: row.status }
    case 'completed':
      return { status: row.status, connectionId }
    case 'awaiting_confirmation':
      return {
        status: row.status,
        connectionId,
        completionHash: readText(row.completion_hash),
        confirmBefore: readTime(row.confirm_before),
      }
    default:
      return null
  }
}

export function linkPlace(id: LinkId) {
  return rowPlace('connect_links', id, 'request')
}

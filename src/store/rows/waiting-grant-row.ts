import type { WaitingGrant } from '../../core/connect/flow.ts'
import type { PlainCredentials } from '../../core/connection/credentials.ts'
import type { ReceivedGrant } from '../../core/refresh/grant.ts'
import type { LinkId } from '../../core/base/ids.ts'
import type { ReceivedTokens } from '../../core/refresh/refresh-outcome.ts'
import { Secret } from '../../core/base/secret.ts'
import type { WaitingGrantTable } from '../schema.ts'
import { readText, readTime, writeInstant } from './column.ts'
import { openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'
import { sealedRow, trustedRow } from './row-seal.ts'
import { exposedCredentials, restoredCredentials } from './stored-credentials.ts'
import {
  exposed,
  restored,
  restoreRequest,
  type StoredRequest,
  storeRequest,
} from './stored-request.ts'

type StoredTokens = Omit<ReceivedTokens, 'accessToken' | 'refreshToken'> & {
  readonly accessToken: string
  readonly refreshToken: string | null
}

type StoredReceived =
  | { readonly kind: 'tokens'; readonly tokens: StoredTokens }
  | {
      readonly kind: 'credentials'
      readonly credentials: PlainCredentials
      readonly providerData: Readonly<Record<string, unknown>>
    }

/** The sealed JSON of `grant_blob`. */
type StoredGrant = Omit<WaitingGrant, 'link' | 'received' | 'request'> & {
  /** Holds `received`. It is stored as `brought`, the name in the first version. */
  readonly brought: StoredReceived
  readonly request: StoredRequest
}

export function readWaitingGrant(cipher: RowCipher, found: WaitingGrantTable): WaitingGrant | null {
  const row = trustedRow(cipher, 'waiting_grants', found)
  const link = readText(row.link_id) as LinkId
  const stored = openJson(cipher, row.grant_blob, waitingGrantPlace(link)) as StoredGrant | null
  if (stored === null) return null
  const { brought, request, ...kept } = stored
  // After the clock was set back, only the column has the moved time.
  const sentAt = readTime(row.sent_at)
  return { ...kept, link, sentAt, received: restore(brought), request: restoreRequest(request) }
}

export function waitingGrantRow(cipher: RowCipher, waiting: WaitingGrant): WaitingGrantTable {
  const { link, received, request, ...kept } = waiting
  const stored: StoredGrant = { ...kept, brought: store(received), request: storeRequest(request) }
  return sealedRow(cipher, 'waiting_grants', {
    link_id: link,
    connection_id: waiting.connectionId,
    grant_blob: sealJson(cipher, stored, waitingGrantPlace(link)),
    sent_at: writeInstant(waiting.sentAt),
  })
}

function store(received: ReceivedGrant): StoredReceived {
  if (received.kind === 'credentials') {
    return { ...received, credentials: exposedCredentials(received.credentials) }
  }
  const { tokens } = received
  const accessToken = tokens.accessToken.expose()
  const refreshToken = exposed(tokens.refreshToken)
  return { kind: received.kind, tokens: { ...tokens, accessToken, refreshToken } }
}

function restore(stored: StoredReceived): ReceivedGrant {
  if (stored.kind === 'credentials') {
    return { ...stored, credentials: restoredCredentials(stored.credentials) }
  }
  const { tokens } = stored
  const accessToken = new Secret(tokens.accessToken)
  const refreshToken = restored(tokens.refreshToken)
  return { kind: stored.kind, tokens: { ...tokens, accessToken, refreshToken } }
}

export function waitingGrantPlace(link: LinkId) {
  return rowPlace('waiting_grants', link, 'grant')
}

import type { WaitingGrant } from '../../core/authorization.ts'
import type { LinkId } from '../../core/ids.ts'
import type { ReceivedTokens } from '../../core/refresh-outcome.ts'
import { Secret } from '../../core/secret.ts'
import type { WaitingGrantTable } from '../schema.ts'
import { readText, writeInstant } from './column.ts'
import { openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'
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

/** The sealed JSON of `grant_blob`. */
type StoredGrant = Omit<WaitingGrant, 'link' | 'tokens' | 'request'> & {
  readonly tokens: StoredTokens
  readonly request: StoredRequest
}

export function readWaitingGrant(cipher: RowCipher, row: WaitingGrantTable): WaitingGrant | null {
  const link = readText(row.link_id) as LinkId
  const stored = openJson(cipher, row.grant_blob, waitingGrantPlace(link)) as StoredGrant | null
  if (stored === null) return null
  const { tokens, request, ...kept } = stored
  return {
    ...kept,
    link,
    tokens: {
      ...tokens,
      accessToken: new Secret(tokens.accessToken),
      refreshToken: restored(tokens.refreshToken),
    },
    request: restoreRequest(request),
  }
}

export function waitingGrantRow(cipher: RowCipher, waiting: WaitingGrant): WaitingGrantTable {
  const { link, tokens, request, ...kept } = waiting
  const stored: StoredGrant = {
    ...kept,
    tokens: {
      ...tokens,
      accessToken: tokens.accessToken.expose(),
      refreshToken: exposed(tokens.refreshToken),
    },
    request: storeRequest(request),
  }
  return {
    link_id: link,
    connection_id: waiting.connectionId,
    grant_blob: sealJson(cipher, stored, waitingGrantPlace(link)),
    sent_at: writeInstant(waiting.sentAt),
  }
}

export function waitingGrantPlace(link: LinkId) {
  return rowPlace('waiting_grants', link, 'grant')
}

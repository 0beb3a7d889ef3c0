import type { EndedFlow, Flow, FlowEnd } from '../../core/connect/flow.ts'
import type { FlowId, Instant } from '../../core/base/ids.ts'
import { Secret } from '../../core/base/secret.ts'
import type { FlowTable } from '../schema.ts'
import { readText, readTextOrNull, readTime, writeInstant } from './column.ts'
import { openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'
import { sealedRow, trustedRow } from './row-seal.ts'
import {
  exposed,
  restored,
  restoreRequest,
  type StoredRequest,
  storeRequest,
} from './stored-request.ts'

/** The sealed JSON of `flow_blob`. */
type StoredFlow = Pick<
  Flow,
  'provider' | 'link' | 'requestedScope' | 'redirectUri' | 'createdAt'
> & {
  readonly request: StoredRequest
  readonly verifier: string
  readonly nonce: string | null
}

/** Returns null if the blob does not open. */
export function readFlow(cipher: RowCipher, found: FlowTable): Flow | EndedFlow | null {
  const row = trustedRow(cipher, 'flows', found)
  const id = readText(row.id) as FlowId
  const opened = openJson(cipher, row.flow_blob, flowPlace(id))
  const stored = opened as StoredFlow | EndedFlow | null
  if (stored === null || 'end' in stored) return stored
  return {
    ...stored,
    id,
    stateHash: readText(row.state_hash),
    browserHash: readTextOrNull(row.browser_hash),
    request: restoreRequest(stored.request),
    verifier: new Secret(stored.verifier),
    nonce: restored(stored.nonce),
    expiresAt: readTime(row.expires_at),
  }
}

export function flowRow(cipher: RowCipher, flow: Flow): FlowTable {
  const { id, stateHash, browserHash, expiresAt, verifier, ...kept } = flow
  const stored: StoredFlow = {
    ...kept,
    request: storeRequest(flow.request),
    verifier: verifier.open().expose(),
    nonce: exposed(flow.nonce),
  }
  return sealedRow(cipher, 'flows', {
    id,
    state_hash: stateHash,
    browser_hash: browserHash,
    link_id: flow.link,
    flow_blob: sealJson(cipher, stored, flowPlace(id)),
    expires_at: writeInstant(expiresAt),
  })
}

/**
 * Returns the row that replaces the flow, without verifier and nonce, which are no longer needed.
 */
export function endedFlowRow(
  cipher: RowCipher,
  { id, stateHash, browserHash, link, provider }: Flow,
  { end, until }: { readonly end: FlowEnd; readonly until: Instant },
): FlowTable {
  return sealedRow(cipher, 'flows', {
    id,
    state_hash: stateHash,
    browser_hash: browserHash,
    link_id: link,
    flow_blob: sealJson(cipher, { provider, end } satisfies EndedFlow, flowPlace(id)),
    expires_at: writeInstant(until),
  })
}

export function flowPlace(id: FlowId) {
  return rowPlace('flows', id, 'flow')
}

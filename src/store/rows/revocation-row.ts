import type { ConnectionId, ProviderId } from '../../core/base/ids.ts'
import type { Revocation } from '../../core/connection/revocation.ts'
import type { RevocationTable } from '../schema.ts'
import { readCount, readText, readTime, writeInstant } from './column.ts'
import {
  lazySecret,
  openJson,
  type RowCipher,
  rowPlace,
  sealJson,
  sealSecret,
} from './row-cipher.ts'
import { sealedRow, trustedRow } from './row-seal.ts'
import { exposed, restored } from './stored-request.ts'

/** The sealed JSON of `settings_blob`. */
type StoredSettings = Pick<Revocation, 'params' | 'providerData'> & {
  readonly client: { readonly id: string; readonly secret: string | null } | null
  /** Absent in rows from an older version. */
  readonly accountId?: string | null
  readonly formerHolder?: ConnectionId | null
}

/** If the settings do not open, the result has no tokens. */
export function readRevocation(cipher: RowCipher, found: RevocationTable): Revocation {
  const row = trustedRow(cipher, 'revocations', found)
  const id = readText(row.id)
  const settings = openJson(
    cipher,
    row.settings_blob,
    revocationPlace(id, 'settings'),
  ) as StoredSettings | null
  const client = settings?.client ?? null
  const token = (blob: Uint8Array | null, field: string) =>
    settings === null ? null : lazySecret(cipher, blob, revocationPlace(id, field))
  return {
    id,
    provider: readText(row.provider) as ProviderId,
    client: client === null ? null : { id: client.id, secret: restored(client.secret) },
    params: settings?.params ?? {},
    providerData: settings?.providerData ?? {},
    refreshToken: token(row.refresh_token_blob, 'refresh_token'),
    accessToken: token(row.access_token_blob, 'access_token'),
    accountId: settings?.accountId ?? null,
    formerHolder: settings?.formerHolder ?? null,
    attempts: readCount(row.attempts),
    createdAt: readTime(row.created_at),
    dueAt: readTime(row.due_at),
  }
}

export function revocationRow(cipher: RowCipher, revocation: Revocation): RevocationTable {
  const { id, params, providerData, accountId, formerHolder } = revocation
  const client = revocation.client && {
    id: revocation.client.id,
    secret: exposed(revocation.client.secret),
  }
  const settings: StoredSettings = { params, providerData, client, accountId, formerHolder }
  const { refreshToken, accessToken } = revocation
  return sealedRow(cipher, 'revocations', {
    id,
    provider: revocation.provider,
    settings_blob: sealJson(cipher, settings, revocationPlace(id, 'settings')),
    refresh_token_blob: sealSecret(cipher, refreshToken, revocationPlace(id, 'refresh_token')),
    access_token_blob: sealSecret(cipher, accessToken, revocationPlace(id, 'access_token')),
    attempts: revocation.attempts,
    created_at: writeInstant(revocation.createdAt),
    due_at: writeInstant(revocation.dueAt),
  })
}

export function revocationPlace(id: string, field: string) {
  return rowPlace('revocations', id, field)
}

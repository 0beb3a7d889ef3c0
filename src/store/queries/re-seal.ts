import type { Kysely } from 'kysely'
import type { ConnectionId } from '../../core/base/ids.ts'
import type { ReSealed, ReSealPosition, Writes } from '../../ports/store.ts'
import type { WriteContext } from '../context.ts'
import { apiKeyPlace } from '../rows/api-key-row.ts'
import {
  accessTokenPlace,
  clientSecretPlace,
  credentialsPlace,
  type Owner,
  profilePlace,
  refreshTokenPlace,
  settingsPlace,
} from '../rows/connection-places.ts'
import { eventPlace } from '../rows/event-row.ts'
import { flowPlace } from '../rows/flow-row.ts'
import { linkPlace } from '../rows/link-row.ts'
import { revocationPlace } from '../rows/revocation-row.ts'
import { type ColumnPlace, lazySecret, type RowCipher, sealSecret } from '../rows/row-cipher.ts'
import { SEALED_ROWS, type SealedTable } from '../rows/bound-columns.ts'
import { resealedRow, trustedRow } from '../rows/row-seal.ts'
import { waitingGrantPlace } from '../rows/waiting-grant-row.ts'
import type { Schema } from '../schema.ts'

type Sealed<Row> = {
  readonly key: keyof Row & string
  readonly columns: {
    readonly [C in Exclude<keyof Row & `${string}_blob`, 'row_blob'>]: (row: Row) => ColumnPlace
  }
}

/** All sealed columns but the row seals. A test compares this with the schema. */
export const SEALED = {
  connections: {
    key: 'id',
    columns: {
      profile_blob: (row) => profilePlace(ownerOf(row)),
      settings_blob: (row) => settingsPlace(ownerOf(row)),
      client_secret_blob: (row) => clientSecretPlace(ownerOf(row)),
      access_token_blob: (row) => accessTokenPlace(ownerOf(row), grantOf(row)),
      refresh_token_blob: (row) => refreshTokenPlace(ownerOf(row), grantOf(row)),
      credentials_blob: (row) => credentialsPlace(ownerOf(row), grantOf(row)),
    },
  },
  connect_links: {
    key: 'id',
    columns: {
      request_blob: ({ id }) => linkPlace(id as never),
    },
  },
  flows: {
    key: 'id',
    columns: {
      flow_blob: ({ id }) => flowPlace(id as never),
    },
  },
  waiting_grants: {
    key: 'link_id',
    columns: {
      grant_blob: (row) => waitingGrantPlace(row.link_id as never),
    },
  },
  events: {
    key: 'sequence',
    columns: {
      body_blob: ({ id }) => eventPlace(id),
    },
  },
  revocations: {
    key: 'id',
    columns: {
      settings_blob: ({ id }) => revocationPlace(id, 'settings'),
      refresh_token_blob: ({ id }) => revocationPlace(id, 'refresh_token'),
      access_token_blob: ({ id }) => revocationPlace(id, 'access_token'),
    },
  },
  api_keys: {
    key: 'id',
    columns: { key_blob: (row) => apiKeyPlace(row.id as never, row.revoked_at) },
  },
} as const satisfies { readonly [T in keyof Schema]?: Sealed<Schema[T]> }

const TABLES = Object.keys(SEALED) as readonly (keyof typeof SEALED)[]

/** The generic type of the tables in `SEALED`. */
type AnyRow = Readonly<Record<string, unknown>>
type AnySchema = Readonly<Record<string, AnyRow>>
type AnySealed = {
  readonly key: string
  readonly columns: Readonly<Record<string, (row: AnyRow) => ColumnPlace>>
}

export function reSealWrites(context: WriteContext): Pick<Writes, 'reSeal'> {
  return { reSeal: (position, limit) => reSeal(context, position, limit) }
}

/** Seals the values of one page of rows again, with the current key. */
async function reSeal(
  context: WriteContext,
  position: ReSealPosition | null,
  limit: number,
): Promise<ReSealed> {
  const at = position ?? { table: 0, after: null }
  const table = TABLES[at.table]
  if (table === undefined) return { resealed: 0, next: null }
  const { key } = SEALED[table]
  const db = context.db as unknown as Kysely<AnySchema>
  const ordered = db.selectFrom(table).selectAll().orderBy(key).limit(limit)
  const page = context.locks === true ? ordered.forUpdate() : ordered
  const rows = await (at.after === null ? page : page.where(key, '>', at.after)).execute()
  let resealed = 0
  for (const row of rows) {
    const changed = reSealedColumns(context, table, row)
    if (Object.keys(changed).length === 0) continue
    if (table === 'connections') context.changes.connections.add(row['id'] as ConnectionId)
    await db.updateTable(table).set(changed).where(key, '=', row[key]).execute()
    resealed++
  }
  const last = rows.at(-1)?.[key] as string | number | undefined
  const next =
    last === undefined ? { table: at.table + 1, after: null } : { table: at.table, after: last }
  return { resealed, next }
}

/** Does not change a blob that does not open. */
function reSealedColumns(
  { cipher }: WriteContext,
  table: keyof typeof SEALED,
  found: AnyRow,
): Record<string, Uint8Array> {
  const { columns } = SEALED[table] as unknown as AnySealed
  if (!isSealedTable(table)) return reSealedValues(cipher, columns, found)
  const row = trustedRow(cipher, table, found as AnyRow & { readonly row_blob: Uint8Array | null })
  const changed = reSealedValues(cipher, columns, row)
  const isCurrent = row.row_blob === null || cipher.sealer.isCurrent(row.row_blob)
  if (isCurrent && Object.keys(changed).length === 0) return changed
  return resealedRow(cipher, table, row, changed)
}

function reSealedValues(
  cipher: RowCipher,
  columns: AnySealed['columns'],
  row: AnyRow,
): Record<string, Uint8Array> {
  const changed: Record<string, Uint8Array> = {}
  for (const [column, placeOf] of Object.entries(columns)) {
    const blob = row[column]
    if (!(blob instanceof Uint8Array) || cipher.sealer.isCurrent(blob)) continue
    const place = placeOf(row)
    const fresh = sealSecret(cipher, lazySecret(cipher, blob, place), place)
    if (fresh !== null) changed[column] = fresh
  }
  return changed
}

function isSealedTable(table: keyof typeof SEALED): table is SealedTable {
  return Object.hasOwn(SEALED_ROWS, table)
}

type OwnedRow = { readonly id: string; readonly user_id: string; readonly provider: string }

function ownerOf({ id, user_id, provider }: OwnedRow): Owner {
  return { id, userId: user_id, provider } as Owner
}

function grantOf(row: {
  readonly grant_id: string | null
  readonly generation: number | bigint | string
}) {
  return { id: row.grant_id as never, generation: Number(row.generation) }
}

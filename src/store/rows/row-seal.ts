import { SealError } from '../../core/base/errors.ts'
import { BINDINGS } from '../bindings.ts'
import type { Schema } from '../schema.ts'
import { type ColumnPlace, openJson, type RowCipher, rowPlace, sealJson } from './row-cipher.ts'

/**
 * Associated data binds a sealed value to its place. The row seal protects the rest of the row: the
 * unencrypted columns that decide who gets a secret, and which sealed values are current. If a
 * column is changed or an older value restored, the row does not open.
 */

/** The id column of each table with a row seal. */
export const SEALED_ROWS = {
  connections: 'id',
  connect_links: 'id',
  flows: 'id',
  waiting_grants: 'link_id',
  events: 'id',
  revocations: 'id',
} as const satisfies { readonly [T in keyof Schema]?: keyof Schema[T] }

export type SealedTable = keyof typeof SEALED_ROWS

type AnyRow = Readonly<Record<string, unknown>>
type Print = string | number | null
/**
 * The columns that a seal records. An absent column was null, or was added after the row was
 * sealed.
 */
type Prints = Readonly<Record<string, Print>>

/** A blob that never opens: readers treat it as damaged. */
const UNTRUSTED = new Uint8Array()
const TAG_BYTES = 16

export function rowSealPlace(table: SealedTable, id: unknown): ColumnPlace {
  return rowPlace(table, String(id), 'row')
}

/** Returns a new row with its seal. */
export function sealedRow<R extends object>(
  cipher: RowCipher,
  table: SealedTable,
  row: R,
): R & { readonly row_blob: Uint8Array } {
  const { [SEALED_ROWS[table]]: id } = row as AnyRow
  return { ...row, row_blob: sealPrints(cipher, printsOf(table, row), rowSealPlace(table, id)) }
}

/**
 * Returns the changed columns with a new seal. Unchanged sealed values keep their recorded tag. An
 * altered row keeps its old seal, so that a write cannot make the row valid again.
 */
export function changedRow<C extends object>(
  cipher: RowCipher,
  table: SealedTable,
  row: { readonly row_blob: Uint8Array | null },
  changes: C,
): C & { readonly row_blob?: Uint8Array } {
  const prints = printsOf(table, changes)
  if (Object.keys(prints).length === 0) return changes
  const recorded = wholeRecord(cipher, table, row)
  if (recorded === null) return changes
  const { [SEALED_ROWS[table]]: id } = row as AnyRow
  const record = { ...recorded, ...prints }
  return { ...changes, row_blob: sealPrints(cipher, record, rowSealPlace(table, id)) }
}

/**
 * Returns the row. A sealed value that does not match the row seal does not open. If the row seal
 * does not open or an unencrypted column does not match, reports the row and removes all sealed
 * values.
 */
export function trustedRow<R extends { readonly row_blob: Uint8Array | null }>(
  cipher: RowCipher,
  table: SealedTable,
  row: R,
): R {
  const { [SEALED_ROWS[table]]: id } = row as AnyRow
  const place = rowSealPlace(table, id)
  const recorded = openJson(cipher, row.row_blob ?? UNTRUSTED, place) as Prints | null
  const altered = recorded === null ? null : alteredColumn(table, row, recorded)
  if (altered !== null) cipher.onUnreadable({ id: place.id, table, field: altered })
  return recorded === null || altered !== null
    ? withoutBlobs(table, row)
    : withTrustedBlobs(table, row, recorded)
}

function withoutBlobs<R extends object>(table: SealedTable, row: R): R {
  const blobs = COLUMNS[table].blobs.filter((column) => (row as AnyRow)[column] != null)
  const removed = blobs.map((column) => [column, UNTRUSTED] as const)
  return { ...row, ...Object.fromEntries(removed), row_blob: UNTRUSTED }
}

/** Returns the row itself if every sealed value matches, because this is the path of every read. */
function withTrustedBlobs<R extends object>(table: SealedTable, row: R, recorded: Prints): R {
  const values = row as AnyRow
  const replaced: Record<string, unknown> = {}
  for (const column of COLUMNS[table].blobs) {
    if (!(column in row)) continue
    const value = values[column]
    const trusted = trustedBlob(value, recorded[column] ?? null)
    if (trusted !== value) replaced[column] = trusted
  }
  return Object.keys(replaced).length === 0 ? row : { ...row, ...replaced }
}

/** Whether `trustedRow` found the row unaltered. */
export function isTrusted({ row_blob }: { readonly row_blob: Uint8Array | null }): boolean {
  return row_blob !== null && row_blob.length > 0
}

/**
 * Whether the row seal opens and the unencrypted columns match the seal. Does not report the row.
 */
export function isWholeRow(
  cipher: RowCipher,
  table: SealedTable,
  row: { readonly row_blob: Uint8Array | null },
): boolean {
  return wholeRecord(cipher, table, row) !== null
}

/**
 * If the seal records a value but the column is null, returns an unreadable blob: null settings
 * would mean the default settings.
 */
function trustedBlob(value: unknown, recorded: Print): unknown {
  if (recorded === null) return null
  return printOf(value) === recorded ? value : UNTRUSTED
}

function sealPrints(cipher: RowCipher, prints: Prints, place: ColumnPlace): Uint8Array {
  const named = Object.entries(prints).filter(([, print]) => print !== null)
  return sealJson(cipher, Object.fromEntries(named), place)
}

function wholeRecord(
  { sealer }: RowCipher,
  table: SealedTable,
  row: { readonly row_blob: Uint8Array | null },
): Prints | null {
  const { [SEALED_ROWS[table]]: id } = row as AnyRow
  try {
    const opened = sealer.open(row.row_blob ?? UNTRUSTED, rowSealPlace(table, id))
    const recorded = JSON.parse(opened.expose()) as Prints
    return alteredColumn(table, row, recorded) === null ? recorded : null
  } catch (error) {
    if (error instanceof SealError || error instanceof SyntaxError) return null
    throw error
  }
}

function alteredColumn(table: SealedTable, row: object, recorded: Prints): string | null {
  const values = row as AnyRow
  const isAltered = (column: string) => printOf(values[column]) !== (recorded[column] ?? null)
  return COLUMNS[table].clear.find((column) => column in row && isAltered(column)) ?? null
}

function printsOf(table: SealedTable, row: object): Prints {
  const recorded = Object.entries(row).filter(([column]) => isRecorded(table, column))
  return Object.fromEntries(recorded.map(([column, value]) => [column, printOf(value)]))
}

/** The tag identifies a sealed value, because it depends on key, nonce, place and content. */
function printOf(value: unknown): Print {
  if (value instanceof Uint8Array) return tagOf(value)
  if (typeof value === 'string') return value.toWellFormed()
  return typeof value === 'number' ? value : null
}

function tagOf({ buffer, byteOffset, length }: Uint8Array): string {
  const start = Math.max(0, length - TAG_BYTES)
  return Buffer.from(buffer, byteOffset + start, length - start).toString('base64')
}

function isRecorded(table: SealedTable, column: string): boolean {
  const bindings: Readonly<Record<string, string>> = BINDINGS[table]
  return bindings[column] === 'row'
}

function isBlob(column: string): boolean {
  return column.endsWith('_blob')
}

type Columns = { readonly blobs: readonly string[]; readonly clear: readonly string[] }

function columnsOf(table: SealedTable): Columns {
  const recorded = Object.keys(BINDINGS[table]).filter((column) => isRecorded(table, column))
  return { blobs: recorded.filter(isBlob), clear: recorded.filter((column) => !isBlob(column)) }
}

/** The columns that the seal of each table records. */
const COLUMNS: { readonly [T in SealedTable]: Columns } = {
  connections: columnsOf('connections'),
  connect_links: columnsOf('connect_links'),
  flows: columnsOf('flows'),
  waiting_grants: columnsOf('waiting_grants'),
  events: columnsOf('events'),
  revocations: columnsOf('revocations'),
}

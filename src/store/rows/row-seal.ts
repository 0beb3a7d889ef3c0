import { SealError } from '../../core/base/errors.ts'
import { Secret } from '../../core/base/secret.ts'
import {
  CLEAR_COLUMNS,
  isBound,
  plainValue,
  SEALED_ROWS,
  SEALED_VALUES,
  type SealedTable,
} from './bound-columns.ts'
import { openOlderSeal } from './older-row-seal.ts'
import { type ColumnPlace, type RowCipher, rowPlace } from './row-cipher.ts'

/**
 * Associated data binds a sealed value to its place. The row seal protects the rest of the row. Its
 * associated data are the unencrypted columns that decide who gets a secret. Its content says which
 * sealed values are current. If such a column is changed or an older value restored, the row or the
 * value does not open.
 */

type AnyRow = Readonly<Record<string, unknown>>
type RowWithSeal = { readonly row_blob: Uint8Array | null }

/** A tag for each column of `SEALED_VALUES`. It is empty if the column is null. */
type Tags = readonly string[]

/** A blob that never opens: readers treat it as damaged. */
const UNTRUSTED = new Uint8Array()

/**
 * How many bytes of a tag the seal contains. An attacker cannot choose a tag, so an older value is
 * accepted only if these bytes are equal by chance.
 */
const TAG_BYTES = 8

/** Returns a new row with its seal. */
export function sealedRow<R extends object>(
  cipher: RowCipher,
  table: SealedTable,
  row: R,
): R & { readonly row_blob: Uint8Array } {
  const tags = SEALED_VALUES[table].map((column) => tagOf((row as AnyRow)[column]))
  return { ...row, row_blob: sealTags(cipher, tags, sealPlace(table, row)) }
}

/**
 * Returns the changed columns with a new seal. Unchanged sealed values keep their recorded tag. An
 * altered row keeps its old seal, so that a write cannot make the row valid again. `row` must have
 * all columns.
 */
export function changedRow<C extends object>(
  cipher: RowCipher,
  table: SealedTable,
  row: RowWithSeal,
  changes: C,
): C & { readonly row_blob?: Uint8Array } {
  const isSealChanged = Object.keys(changes).some((column) => isBound(table, column))
  return isSealChanged ? resealedRow(cipher, table, row, changes) : changes
}

/** Like `changedRow`, but also renews the seal if no bound column changes. */
export function resealedRow<C extends object>(
  cipher: RowCipher,
  table: SealedTable,
  row: RowWithSeal,
  changes: C,
): C & { readonly row_blob?: Uint8Array } {
  const recorded = openSeal(cipher, table, row)
  if (recorded === null) return changes
  const tags = SEALED_VALUES[table].map((column, n) =>
    column in changes ? tagOf((changes as AnyRow)[column]) : (recorded[n] ?? ''),
  )
  const place = sealPlace(table, { ...row, ...changes })
  return { ...changes, row_blob: sealTags(cipher, tags, place) }
}

/**
 * Returns the row. A sealed value that does not match the row seal does not open. If the row seal
 * does not open, because it is damaged or a bound column was changed, reports the row and removes
 * all sealed values. `row` must have all columns.
 */
export function trustedRow<R extends RowWithSeal>(
  cipher: RowCipher,
  table: SealedTable,
  row: R,
): R {
  const recorded = openSeal(cipher, table, row)
  if (recorded !== null) return withTrustedValues(table, row, recorded)
  cipher.onUnreadable({ id: idOf(table, row), table, field: 'row' })
  return withoutValues(table, row)
}

function withoutValues<R extends object>(table: SealedTable, row: R): R {
  const found = SEALED_VALUES[table].filter((column) => (row as AnyRow)[column] != null)
  const removed = found.map((column) => [column, UNTRUSTED] as const)
  return { ...row, ...Object.fromEntries(removed), row_blob: UNTRUSTED }
}

/** Returns the row itself if every sealed value matches, because this is the path of every read. */
function withTrustedValues<R extends object>(table: SealedTable, row: R, recorded: Tags): R {
  const values = row as AnyRow
  const replaced: Record<string, unknown> = {}
  for (const [n, column] of SEALED_VALUES[table].entries()) {
    const trusted = trustedValue(values[column], recorded[n] ?? '')
    if (trusted !== values[column]) replaced[column] = trusted
  }
  return Object.keys(replaced).length === 0 ? row : { ...row, ...replaced }
}

/**
 * If the seal records a value but the column is null, returns an unreadable blob: null settings
 * would mean the default settings.
 */
function trustedValue(value: unknown, recorded: string): unknown {
  if (recorded === '') return null
  return tagOf(value) === recorded ? value : UNTRUSTED
}

/** Whether `trustedRow` found the row unaltered. */
export function isTrusted({ row_blob }: RowWithSeal): boolean {
  return row_blob !== null && row_blob.length > 0
}

/** Whether the row seal opens. Does not report the row. */
export function isWholeRow(cipher: RowCipher, table: SealedTable, row: RowWithSeal): boolean {
  return openSeal(cipher, table, row) !== null
}

/** Returns null if the row seal does not open. */
function openSeal({ sealer }: RowCipher, table: SealedTable, row: RowWithSeal): Tags | null {
  const blob = row.row_blob ?? UNTRUSTED
  try {
    return sealer.open(blob, sealPlace(table, row)).expose().split(',')
  } catch (error) {
    if (!(error instanceof SealError)) throw error
  }
  const recorded = openOlderSeal(sealer, { table, id: idOf(table, row), blob, row })
  return recorded?.map((tag) => (tag === null ? '' : shortTag(tag))) ?? null
}

function sealTags({ sealer }: RowCipher, tags: Tags, place: ColumnPlace): Uint8Array {
  return sealer.seal(new Secret(tags.join()), place)
}

/**
 * The bound columns are part of the place. Columns without a value are left out, so that a later
 * version can add columns.
 */
function sealPlace(table: SealedTable, row: object): ColumnPlace {
  const id = idOf(table, row)
  const bound: unknown[] = [id]
  for (const column of CLEAR_COLUMNS[table]) {
    const value = (row as AnyRow)[column]
    if (value != null) bound.push(column, plainValue(value))
  }
  return { ...rowPlace(table, JSON.stringify(bound), 'columns'), id }
}

function idOf(table: SealedTable, row: object): string {
  return String((row as AnyRow)[SEALED_ROWS[table]])
}

/** The tag identifies a sealed value, because it depends on key, nonce, place and content. */
function tagOf(value: unknown): string {
  return value instanceof Uint8Array ? shortTag(value) : ''
}

function shortTag({ buffer, byteOffset, length }: Uint8Array): string {
  const start = Math.max(0, length - TAG_BYTES)
  return Buffer.from(buffer, byteOffset + start, length - start).toString('base64url')
}

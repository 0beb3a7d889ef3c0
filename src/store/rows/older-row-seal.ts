import { SealError } from '../../core/base/errors.ts'
import type { Sealer } from '../../ports/ports.ts'
import { CLEAR_COLUMNS, plainValue, SEALED_VALUES, type SealedTable } from './bound-columns.ts'
import { rowPlace } from './row-cipher.ts'

/** The bound columns as an older seal records them: a value, or the tag of a sealed value. */
type Recorded = Readonly<Record<string, string | number>>

/**
 * Opens a row seal from before migration 0012, which contains a copy of the bound columns. Returns
 * the tag for each column of `SEALED_VALUES`. Returns null if the seal does not open or a column
 * was changed. The next write of the row replaces such a seal.
 */
export function openOlderSeal(
  sealer: Sealer,
  of: {
    readonly table: SealedTable
    readonly id: string
    readonly blob: Uint8Array
    readonly row: object
  },
): readonly (Uint8Array | null)[] | null {
  const { table, id, blob, row } = of
  const recorded = openRecord(sealer, blob, rowPlace(table, id, 'row'))
  if (recorded === null) return null
  const values = row as Readonly<Record<string, unknown>>
  const isWhole = CLEAR_COLUMNS[table].every(
    (column) => plainValue(values[column]) === (recorded[column] ?? null),
  )
  if (!isWhole) return null
  return SEALED_VALUES[table].map((column) => {
    const tag = recorded[column]
    return typeof tag === 'string' ? Buffer.from(tag, 'base64') : null
  })
}

function openRecord(sealer: Sealer, ...sealed: Parameters<Sealer['open']>): Recorded | null {
  try {
    return JSON.parse(sealer.open(...sealed).expose()) as Recorded
  } catch (error) {
    if (error instanceof SealError || error instanceof SyntaxError) return null
    throw error
  }
}

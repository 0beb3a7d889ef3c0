import { type Kysely, sql } from 'kysely'
import type { Sealer } from '../../ports/ports.ts'
import { SEALED } from '../queries/re-seal.ts'
import type { ColumnPlace } from '../rows/row-cipher.ts'
import { SEALED_ROWS, type SealedTable } from '../rows/bound-columns.ts'
import { isWholeRow } from '../rows/row-seal.ts'
import type { Schema } from '../schema.ts'
import { type Counts, TABLES } from './copy-vault.ts'

type AnyRow = Readonly<Record<string, unknown>> & { readonly row_blob: Uint8Array | null }

/** How many rows of each sealed table are opened. */
const SAMPLE = 1_000

/**
 * Counts the rows of every table, and opens all sealed values of a random sample. Returns what is
 * wrong, or null.
 */
export async function verifyCopy(
  db: Kysely<Schema>,
  sealer: Sealer,
  counts: Counts,
): Promise<string | null> {
  for (const table of TABLES) {
    const { rows } = await sql<{ readonly n: number }>`
      select count(*) as n from ${sql.table(table)}`.execute(db)
    if (Number(rows[0]?.n) !== counts[table]) return `${table} has another number of rows`
  }
  for (const table of Object.keys(SEALED) as readonly (keyof typeof SEALED)[]) {
    const { rows } = await sql<AnyRow>`
      select * from ${sql.table(table)} order by random() limit ${sql.lit(SAMPLE)}`.execute(db)
    if (!rows.every((row) => opens(sealer, table, row))) return `a row of ${table} does not open`
  }
  return null
}

function opens(sealer: Sealer, table: keyof typeof SEALED, row: AnyRow): boolean {
  const cipher = { sealer, onUnreadable: () => {} }
  const places: Readonly<Record<string, (row: never) => ColumnPlace>> = SEALED[table].columns
  try {
    for (const [column, placeOf] of Object.entries(places)) {
      const blob = row[column]
      if (blob instanceof Uint8Array) sealer.open(blob, placeOf(row as never))
    }
    return !(table in SEALED_ROWS) || isWholeRow(cipher, table as SealedTable, row)
  } catch {
    return false
  }
}

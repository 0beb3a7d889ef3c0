import type { Kysely } from 'kysely'
import type { RowCipher } from '../rows/row-cipher.ts'
import { SEALED_ROWS, type SealedTable } from '../rows/bound-columns.ts'
import { sealedRow } from '../rows/row-seal.ts'
import type { Schema } from '../schema.ts'

type AnyRow = Readonly<Record<string, unknown>>

const PAGE = 500

/**
 * Adds a seal to each row of a vault that was created before row seals existed, and trusts the rows
 * as they are. Runs once, in the transaction of the migration that adds the column. After that, a
 * row without a seal is treated as altered.
 */
export async function sealRows(db: Kysely<Schema>, cipher: RowCipher): Promise<void> {
  for (const table of Object.keys(SEALED_ROWS) as readonly SealedTable[]) {
    await sealRowsOf(db as unknown as Kysely<Record<string, AnyRow>>, cipher, table)
  }
}

async function sealRowsOf(
  db: Kysely<Record<string, AnyRow>>,
  cipher: RowCipher,
  table: SealedTable,
): Promise<void> {
  const key = SEALED_ROWS[table]
  for (let after: unknown = null; ;) {
    const page = db.selectFrom(table).selectAll().orderBy(key).limit(PAGE)
    const rows = await (after === null ? page : page.where(key, '>', after)).execute()
    for (const row of rows) {
      const { row_blob } = sealedRow(cipher, table, row)
      await db.updateTable(table).set({ row_blob }).where(key, '=', row[key]).execute()
    }
    if (rows.length < PAGE) return
    after = rows.at(-1)?.[key]
  }
}

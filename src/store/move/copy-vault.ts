import { type Kysely, sql } from 'kysely'
import { BINDINGS } from '../bindings.ts'
import type { Schema } from '../schema.ts'
import { insertionOrder } from '../sql/insertion-order.ts'

export type Table = keyof Schema
export type Counts = Readonly<Record<Table, number>>

type AnyRow = Readonly<Record<string, unknown>>
type AnyDb = Kysely<Record<string, AnyRow>>

const PAGE = 500

/** The order in which pages are read. `null`: the order in which the rows were inserted. */
const ORDER: { readonly [T in Table]: readonly (keyof Schema[T] & string)[] | null } = {
  vault: ['id'],
  data_keys: ['id'],
  api_keys: ['id'],
  connections: ['id'],
  // The newest hashes of a connection are kept, so their order must not change.
  refresh_token_hashes: null,
  connect_links: ['id'],
  flows: ['id'],
  waiting_grants: ['link_id'],
  events: ['sequence'],
  revocations: ['id'],
  circuits: ['provider', 'client'],
  webhooks: ['id'],
  webhook_holds: ['webhook_id', 'subject'],
}

/** Rows refer only to rows of earlier tables. */
export const TABLES = Object.keys(ORDER) as readonly Table[]

/** Copies all rows, sealed values as they are. `to` has the tables and no rows. */
export async function copyVault(from: Kysely<Schema>, to: Kysely<Schema>): Promise<Counts> {
  const counts: Partial<Record<Table, number>> = {}
  for (const table of TABLES) {
    let count = 0
    for await (const rows of pagesOf(from, table)) {
      await (to as unknown as AnyDb).insertInto(table).values(rows).execute()
      count += rows.length
    }
    counts[table] = count
  }
  return counts as Counts
}

const PLACE = 'place_in_order'

/** Yields the rows of a table, a page at a time, with the columns that both databases have. */
export async function* pagesOf(db: Kysely<Schema>, table: Table): AsyncGenerator<AnyRow[]> {
  const columns = sql.join(Object.keys(BINDINGS[table]).map((column) => sql.ref(column)))
  const order = ORDER[table]
  const key = order === null ? insertionOrder(db) : sql.join(order.map((column) => sql.ref(column)))
  const place = order === null ? sql`, ${key} as ${sql.ref(PLACE)}` : sql``
  for (let last: AnyRow | undefined; ;) {
    const values = (order ?? [PLACE]).map((column) => last?.[column])
    const after = last === undefined ? sql`` : sql`where (${key}) > (${sql.join(values)})`
    const { rows } = await sql<AnyRow>`
      select ${columns}${place} from ${sql.table(table)} ${after} order by ${key} limit ${sql.lit(PAGE)}
    `.execute(db)
    if (rows.length > 0) yield rows.map(withoutPlace)
    if (rows.length < PAGE) return
    last = rows.at(-1)
  }
}

function withoutPlace(row: AnyRow): AnyRow {
  const columns: Record<string, unknown> = { ...row }
  delete columns[PLACE]
  return columns
}

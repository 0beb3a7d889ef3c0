/**
 * Sealed bytes of one page, as a bound on the memory that it takes: opened, parsed and written out a
 * value takes several times what it does when it is stored.
 */
const PAGE_BYTES = 1024 * 1024

/** How many rows from the first on fit into a page; at least one, so that a reader gets on. */
export function countFitting(rows: readonly { readonly bytes: number }[]): number {
  let bytes = 0
  const over = rows.findIndex((row) => (bytes += row.bytes) > PAGE_BYTES)
  return over === -1 ? rows.length : Math.max(1, over)
}

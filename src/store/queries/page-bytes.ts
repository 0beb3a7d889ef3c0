/**
 * The sealed bytes of one page. A value takes several times as much memory when it is opened, parsed and
 * written.
 */
const PAGE_BYTES = 1024 * 1024

/** Returns how many of the first rows fit into a page; at least one, so that each page advances. */
export function countFitting(rows: readonly { readonly bytes: number }[]): number {
  let bytes = 0
  const over = rows.findIndex((row) => (bytes += row.bytes) > PAGE_BYTES)
  return over === -1 ? rows.length : Math.max(1, over)
}

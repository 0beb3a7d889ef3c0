/**
 * The most sealed bytes in one page. Opening, parsing and serializing a value takes several times
 * its size in memory.
 */
const PAGE_BYTES = 1024 * 1024

/**
 * Returns how many of the leading rows fit into a page. Returns at least 1, so that paging always
 * advances.
 */
export function countFitting(rows: readonly { readonly bytes: number }[]): number {
  let bytes = 0
  const over = rows.findIndex((row) => (bytes += row.bytes) > PAGE_BYTES)
  return over === -1 ? rows.length : Math.max(1, over)
}

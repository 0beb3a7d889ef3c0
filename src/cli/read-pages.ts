import type { Ask } from './daemon-client.ts'

/** An earlier version of the daemon returns some lists as a whole, without a cursor. */
type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor?: string | null }

const PAGE = '500'

/** Reads all items of a list, page by page. */
export async function readPages<Item>(
  ask: Ask,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly Item[]> {
  const items: Item[] = []
  const wanted = new URLSearchParams({ ...query, limit: PAGE })
  let cursor: string | null = null
  do {
    if (cursor !== null) wanted.set('cursor', cursor)
    const page: Page<Item> = await ask({ method: 'GET', path: `${path}?${wanted.toString()}` })
    items.push(...page.items)
    cursor = page.nextCursor ?? null
  } while (cursor !== null)
  return items
}

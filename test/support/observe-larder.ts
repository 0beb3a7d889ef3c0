import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { filesHolding, found } from './canary.ts'
import type { LarderApi } from './larder-api.ts'
import type { Installation } from './larder-process.ts'
import type { SeenConnection } from '../scripted-provider/checker/observations.ts'
import type { FamilyId } from '../scripted-provider/ledger.ts'

/** A connection as the private API lists it. Its user id is the family id. */
export type Listed = {
  readonly userId: FamilyId
  readonly status: SeenConnection['status']
  readonly alive: boolean
  readonly failure: { readonly reason: string } | null
  readonly lastRefreshedAt: string | null
}

export async function listConnections(api: LarderApi): Promise<readonly Listed[]> {
  const items: Listed[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const after: string = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await api.get(`/v1/connections?limit=100${after}`)
    const page = body as { readonly items: readonly Listed[]; readonly nextCursor: string | null }
    items.push(...page.items)
    cursor = page.nextCursor
  }
  return items
}

/** Converts a listed connection for the checker. `seenAt` is in the provider's time. */
export function seenConnection(
  { userId: family, status, alive, failure }: Listed,
  seenAt: number,
): SeenConnection {
  return { family, status, alive, reason: failure?.reason ?? null, seenAt }
}

/** The places with the provider's mark: the log, or a file of the vault. */
export async function leaksOf(
  { directory, dataDir }: Pick<Installation, 'directory' | 'dataDir'>,
  mark: string,
): Promise<readonly string[]> {
  const log = await readFile(join(directory, 'larder.log'), 'utf8')
  const inLog = found([{ name: 'the log', value: mark }], log)
  return [...inLog, ...(await filesHolding(mark, dataDir))]
}

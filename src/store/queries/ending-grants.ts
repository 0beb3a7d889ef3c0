import type { ConnectionId } from '../../core/base/ids.ts'
import type { Reads } from '../../ports/store.ts'
import type { ReadContext } from '../context.ts'

export function endingGrantReads({ db }: ReadContext): Pick<Reads, 'endingGrants'> {
  return {
    endingGrants: async (now, limit) => {
      const rows = await db
        .selectFrom('connections')
        .select('id')
        .where('end_notice_at', '<=', now)
        .where('is_draft', '=', 0)
        .where('status', 'in', ['active', 'failing'])
        .orderBy('end_notice_at')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id as ConnectionId)
    },
  }
}

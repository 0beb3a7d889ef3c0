import type { PendingConnection } from '../../core/connection/connection.ts'
import { newId } from '../../core/base/ids.ts'
import type { Ports } from '../../ports/ports.ts'

/** Returns a connection with a new id and without a grant. */
export function newConnection(
  { clock, random }: Pick<Ports, 'clock' | 'random'>,
  fields: Omit<PendingConnection, SetHere>,
) {
  const now = clock.now()
  const id = newId('con', now, random.bytes(10))
  const times = { createdAt: now, updatedAt: now, lastRefreshedAt: null, lastReadAt: null }
  return { ...fields, id, ...times }
}

type SetHere = 'id' | 'status' | 'createdAt' | 'updatedAt' | 'lastRefreshedAt' | 'lastReadAt'

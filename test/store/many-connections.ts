import type { Connection } from '../../src/core/connection/connection.ts'
import type { Store } from '../../src/ports/store.ts'
import { makeConnection } from '../support/make-connection.ts'
import { idOf } from './damaged-vault.ts'

export function made(n: number, changes: Parameters<typeof makeConnection>[0] = {}) {
  return makeConnection({ id: idOf(n), ...changes })
}

/** A connection without the fields that only live ones have. */
export function common(n: number) {
  const { grant: _, attempt: __, dueAt: ___, failure: ____, status: _____, ...rest } = made(n)
  return rest
}

export async function insert(store: Store, connections: readonly Connection[]): Promise<void> {
  await store.write(async (trx) => {
    for (const connection of connections) await trx.insertConnection(connection)
  })
}

import type { Reads, Writes } from '../../ports/store.ts'
import type { ReadContext, WriteContext } from '../context.ts'
import { circuitRow, readCircuit } from '../rows/circuit-row.ts'

export function circuitReads({ db }: ReadContext): Pick<Reads, 'circuits'> {
  return {
    circuits: async () => {
      const rows = await db
        .selectFrom('circuits')
        .selectAll()
        .orderBy('provider')
        .orderBy('client')
        .execute()
      return rows.map(readCircuit)
    },
  }
}

export function circuitWrites({ db }: WriteContext): Pick<Writes, 'saveCircuit'> {
  return {
    saveCircuit: async (circuit) => {
      const { provider, client, ...state } = circuitRow(circuit)
      await db
        .insertInto('circuits')
        .values({ provider, client, ...state })
        .onConflict((conflict) => conflict.columns(['provider', 'client']).doUpdateSet(state))
        .execute()
    },
  }
}

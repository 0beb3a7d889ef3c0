import type { BatchResult } from '../../vault/import/import-batch.ts'
import { PROBLEMS } from '../problems.ts'

/** The result of each line of a batch, in order. */
export function presentBatch(results: readonly BatchResult[]) {
  const counts = { created: 0, replaced: 0, unchanged: 0, accepted: 0, refused: 0 }
  for (const { kind } of results) counts[kind]++
  return { items: results.map(presentItem), counts }
}

function presentItem(result: BatchResult, index: number) {
  const outcome = result.kind
  if (result.kind === 'refused') {
    const { code, message, extras } = result.error
    const { reason, errors, connectionId } = extras
    const nextAction = extras.nextAction ?? PROBLEMS[code].nextAction
    const problem = { code, detail: message, nextAction, reason, errors, connectionId }
    return { index, outcome, connectionId: null, status: null, problem }
  }
  const { id, status } = result.connection
  // The id of a draft is not final: its tokens may be added to an existing connection.
  const connectionId = outcome === 'accepted' ? null : id
  return { index, outcome, connectionId, status: connectionId && status, problem: null }
}

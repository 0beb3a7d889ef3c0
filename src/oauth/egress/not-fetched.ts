import type { EgressResult } from './egress.ts'
import { LOST, NOT_SENT } from '../answer/read-answer.ts'

/** An error detail: what could not be fetched, why, and which setting may help. */
export function notFetched(what: string, result: EgressResult): string {
  return `${what} cannot be fetched: ${reasonOf(result)}`
}

function reasonOf(result: EgressResult): string {
  if (result.kind === 'not_sent') return NOT_SENT[result.reason]
  if (result.kind === 'lost') return LOST[result.reason]
  return result.complete ? `the status is ${result.status}` : 'the answer is incomplete'
}

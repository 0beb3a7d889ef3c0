import type { Hold, WebhookId, WebhookState } from '../../core/events/webhook.ts'
import type { WebhookHoldTable, WebhookTable } from '../schema.ts'
import {
  readCount,
  readInstant,
  readText,
  readTime,
  writeInstant,
  writeInstantOrNull,
} from './column.ts'

export function readWebhook(row: WebhookTable): WebhookState {
  const failedAt = readInstant(row.last_failure_at)
  const disabledAt = readInstant(row.disabled_at)
  return {
    id: readText(row.id) as WebhookId,
    cursor: readCount(row.cursor),
    replay: readReplay(row),
    failures: readCount(row.failures),
    failingSince: readInstant(row.failing_since),
    dueAt: readTime(row.due_at),
    lastFailure:
      failedAt === null ? null : { at: failedAt, detail: readText(row.last_failure_detail) },
    lastAcceptedAt: readInstant(row.last_accepted_at),
    lost: readCount(row.lost),
    enableCount: readCount(row.enable_count),
    disabled:
      disabledAt === null
        ? null
        : { at: disabledAt, reason: row.disabled_reason === 'gone' ? 'gone' : 'failing' },
  }
}

/** All columns except the lease and `configured_at`. */
export function webhookColumns(state: WebhookState) {
  return {
    cursor: state.cursor,
    replay_after: state.replay?.after ?? null,
    replay_until: state.replay?.until ?? null,
    failures: state.failures,
    failing_since: writeInstantOrNull(state.failingSince),
    due_at: writeInstant(state.dueAt),
    last_failure_at: writeInstantOrNull(state.lastFailure?.at ?? null),
    last_failure_detail: state.lastFailure?.detail ?? null,
    last_accepted_at: writeInstantOrNull(state.lastAcceptedAt),
    lost: state.lost,
    enable_count: state.enableCount,
    disabled_reason: state.disabled?.reason ?? null,
    disabled_at: writeInstantOrNull(state.disabled?.at ?? null),
  }
}

export function readHold(row: WebhookHoldTable): Hold {
  return {
    subject: readText(row.subject),
    sequence: readCount(row.sequence),
    attempts: readCount(row.attempts),
    dueAt: readTime(row.due_at),
    owedFrom: readCount(row.owed_from),
    lost: readCount(row.lost),
  }
}

function readReplay(row: WebhookTable): WebhookState['replay'] {
  if (row.replay_after === null || row.replay_until === null) return null
  return { after: readCount(row.replay_after), until: readCount(row.replay_until) }
}

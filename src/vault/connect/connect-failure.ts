import { looksLikeCode } from '../../core/refresh/classify-answer.ts'
import { type ErrorCode, StoreError, VaultError } from '../../core/base/errors.ts'
import type { RedeemRefusal } from './redeem.ts'

/** Why connecting failed, for the log. `detail` is a message that Larder wrote, or a code. */
export function connectFailureOf(error: unknown): {
  readonly code: ErrorCode
  readonly detail: string
} {
  if (error instanceof VaultError) return { code: error.code, detail: error.message }
  return error instanceof StoreError
    ? { code: 'storage_unavailable', detail: error.reason }
    : { code: 'internal', detail: 'a fault of larder' }
}

/** Anyone can call the callback with any text, so it is logged only if it looks like a code. */
export function refusalDetail({ error }: RedeemRefusal, sentScope: readonly string[]): string {
  if (error === 'invalid_scope') return `invalid_scope: the scopes sent were ${sentScope.join(' ')}`
  return looksLikeCode(error) ? error : 'the provider sent the user back with an error'
}

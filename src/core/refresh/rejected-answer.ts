import { valuesAt } from '../base/json-path.ts'
import type { TokenAnswer } from './token-answer.ts'

/** The 4xx that mean "not now". */
const PASSING_STATUSES: readonly number[] = [408, 409, 421, 423, 425, 429]

/** Where vendors put an error code. */
const CODE_PATHS = [
  'error',
  'error.code',
  'error.type',
  'error.status',
  'error.reason',
  'error.errors[].reason',
  'errors[].reason',
  'errors[].code',
  'errors[].errorType',
  'code',
  'error_code',
  'errorCode',
  'reason',
  'type',
  'status',
]

const PASSING_CODE =
  /temporar|server_?error|internal|unavailable|throttl|rate_?limit|limit_?exceeded|too_?many|slow_?down|quota|timeout|timed_?out|busy|maintenance|retry|try_?again|locked|conflict|in_?progress/i

/** Whether a whole answer refuses and does not mean "not now". */
export function isRejection({
  status,
  body,
  complete,
  hasToken,
  retryAfterMs,
}: TokenAnswer): boolean {
  if (!complete || hasToken || retryAfterMs !== null) return false
  if (PASSING_STATUSES.includes(status) || status >= 500) return false
  const codes = CODE_PATHS.flatMap((path) => valuesAt(body, path))
  return !codes.some((code) => typeof code === 'string' && PASSING_CODE.test(code))
}

import type { Instant } from './ids.ts'

const WEEK_MS = 7 * 24 * 3_600_000

/**
 * The end of a grant, and from when on the host app should hear of it: a week before, but not before
 * four fifths of the time from `from` are over. Where refreshing puts the end off, that does not come.
 */
export function endOf(
  from: Instant,
  end: Instant | null,
): { readonly refreshTokenExpiresAt: Instant | null; readonly endNoticeAt: Instant | null } {
  if (end === null) return { refreshTokenExpiresAt: null, endNoticeAt: null }
  const notice = Math.min(WEEK_MS, Math.max(0, end - from) / 5)
  return { refreshTokenExpiresAt: end, endNoticeAt: Math.round(end - notice) }
}

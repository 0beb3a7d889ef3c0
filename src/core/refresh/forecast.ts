import type { Instant } from '../base/ids.ts'

const WEEK_MS = 7 * 24 * 3_600_000
/** The share of a grant's lifetime that is left when the app is notified of its expiry. */
export const NOTICE_SHARE = 1 / 5

/**
 * The expiry of a grant, and when to notify the app: a week before, but not in the first four
 * fifths of the time from `from` to the expiry. If a refresh extends the grant, the app is not
 * notified.
 */
export function endOf(
  from: Instant,
  end: Instant | null,
): { readonly refreshTokenExpiresAt: Instant | null; readonly endNoticeAt: Instant | null } {
  if (end === null) return { refreshTokenExpiresAt: null, endNoticeAt: null }
  const notice = Math.min(WEEK_MS, Math.max(0, end - from) * NOTICE_SHARE)
  return { refreshTokenExpiresAt: end, endNoticeAt: Math.round(end - notice) }
}

/** The `from` that `endOf` was called with, or five weeks before the expiry if that is later. */
export function knownSince(end: Instant, endNoticeAt: Instant): Instant {
  return end - (end - endNoticeAt) / NOTICE_SHARE
}

import type { Instant } from '../base/ids.ts'

const WEEK_MS = 7 * 24 * 3_600_000
/** The share of the lifetime of a grant that is left when the app is told of its end. */
export const NOTICE_SHARE = 1 / 5

/**
 * The end of a grant, and the time to tell the app: a week before, but not before four fifths of the time
 * since `from` have passed. If a refresh moves the end, the app is not told.
 */
export function endOf(
  from: Instant,
  end: Instant | null,
): { readonly refreshTokenExpiresAt: Instant | null; readonly endNoticeAt: Instant | null } {
  if (end === null) return { refreshTokenExpiresAt: null, endNoticeAt: null }
  const notice = Math.min(WEEK_MS, Math.max(0, end - from) * NOTICE_SHARE)
  return { refreshTokenExpiresAt: end, endNoticeAt: Math.round(end - notice) }
}

/** The `from` of `endOf`, or five weeks before the end if that is later. */
export function knownSince(end: Instant, endNoticeAt: Instant): Instant {
  return end - (end - endNoticeAt) / NOTICE_SHARE
}

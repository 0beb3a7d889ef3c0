import type { Instant } from '../base/ids.ts'

const WEEK_MS = 7 * 24 * 3_600_000
/** The share of a grant's time that is left when its end is told. */
export const NOTICE_SHARE = 1 / 5

/**
 * The end of a grant, and from when on the host app should hear of it: a week before, but not before
 * four fifths of the time from `from` are over. Where refreshing puts the end off, that does not come.
 */
export function endOf(
  from: Instant,
  end: Instant | null,
): { readonly refreshTokenExpiresAt: Instant | null; readonly endNoticeAt: Instant | null } {
  if (end === null) return { refreshTokenExpiresAt: null, endNoticeAt: null }
  const notice = Math.min(WEEK_MS, Math.max(0, end - from) * NOTICE_SHARE)
  return { refreshTokenExpiresAt: end, endNoticeAt: Math.round(end - notice) }
}

/** The time that `endOf` divided: since when this end has been known, or five weeks before it. */
export function knownSince(end: Instant, endNoticeAt: Instant): Instant {
  return end - (end - endNoticeAt) / NOTICE_SHARE
}

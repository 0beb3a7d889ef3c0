import type { RequestRecord } from '../request-log.ts'
import {
  diedBetween,
  endOf,
  type Facts,
  type Finding,
  isRefresh,
  ms,
  refreshesOf,
} from './facts.ts'

/** I1: no two refreshes of one grant are ever under way at once. */
export function oneRefreshAtATime({ truth, limits }: Facts): readonly Finding[] {
  return truth.overlaps.flatMap(({ family, first, second, from, to, firstAborted }) => {
    const lasted = (to ?? truth.now) - from
    // A client that gives up and asks again is seen to leave only after it has come back.
    if (firstAborted && lasted <= limits.abortSeenWithinMs) return []
    const message = `requests ${first} and ${second} were open at once for ${ms(lasted)}`
    return [{ family, message }]
  })
}

/** I2: a spent refresh token is shown only while nobody knows what became of the showing before. */
export function spentTokensStayAway(facts: Facts): readonly Finding[] {
  const unknown = facts.truth.requests
    .filter((request) => isRefresh(request) && request.presented?.standing === 'unknown')
    .map(({ id }) => ({ family: null, message: `request ${id} shows a token of nobody's` }))
  const wrong = [...facts.families.keys()].flatMap((family) => {
    const refreshes = refreshesOf(facts, family)
    return refreshes.flatMap((request, index) => {
      if (request.presented?.standing !== 'spent') return []
      const fault = faultOfReplay(facts, request, refreshes.slice(0, index))
      return fault === null ? [] : [{ family, message: `request ${request.id}: ${fault}` }]
    })
  })
  return [...unknown, ...wrong]
}

/** I3: no grant is revoked because a spent token was shown, where the provider forgives replays. */
export function nobodyIsRevokedForReuse({ truth }: Facts): readonly Finding[] {
  if (truth.settings.grace === 'none') return []
  return truth.families.flatMap(({ id, revoked }) =>
    revoked?.cause === 'reuse'
      ? [{ family: id, message: 'the provider revoked the grant because of a reuse' }]
      : [],
  )
}

/** Null where this showing of a spent token was right. */
function faultOfReplay(
  facts: Facts,
  request: RequestRecord,
  earlier: readonly RequestRecord[],
): string | null {
  if (facts.limits.replay === 'never') return 'a spent token was shown where none may be'
  const ordinal = request.presented?.ordinal ?? -1
  const told = earlier.findLast((one) => replaced(one, ordinal, request.arrivedAt))
  if (told !== undefined && !diedBeforeSaving(facts, told)) {
    return `a spent token was shown although request ${told.id} had brought its successor`
  }
  const same = earlier.filter(({ presented }) => presented?.ordinal === ordinal)
  const { found, allowed } = earlyShowings(facts, [...same, request])
  if (found <= allowed) return null
  return `a spent token was shown ${found} times in a row without back-off, ${allowed} allowed`
}

/** Whether an answer, by then, had brought what stands in the token's place. */
function replaced({ issued, told, answeredAt }: RequestRecord, ordinal: number, by: number) {
  const newer = (issued?.refresh ?? -1) > ordinal
  return newer && told === 'plainly' && answeredAt !== null && answeredAt <= by
}

/** The daemon died on the way to the answer, or so soon after it that it may not be on stable storage. */
function diedBeforeSaving(facts: Facts, { arrivedAt, answeredAt }: RequestRecord): boolean {
  const { arrivalSeenWithinMs, killWindowMs } = facts.limits
  const sentAt = arrivedAt - arrivalSeenWithinMs
  return diedBetween(facts, sentAt, (answeredAt ?? arrivedAt) + killWindowMs)
}

/** How many showings in a row, up to the last, followed the one before without back-off. */
function earlyShowings({ seen, limits }: Facts, showings: readonly RequestRecord[]) {
  let found = 0
  for (let index = showings.length - 1; index > 0; index--) {
    const [before, request] = [showings[index - 1], showings[index]]
    if (before === undefined || request === undefined) break
    if (request.arrivedAt - endOf(before) >= limits.backoffMs) break
    found++
    const started = (seen.starts ?? []).some(
      (at) => before.arrivedAt < at && at <= request.arrivedAt,
    )
    // What was under way when the daemon died is asked again at once, and that may be lost as well.
    if (started) return { found, allowed: limits.earlyReplays + 1 }
  }
  return { found, allowed: limits.earlyReplays }
}

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

/** I1: no two refreshes of one grant are open at once. */
export function oneRefreshAtATime({ truth, limits }: Facts): readonly Finding[] {
  return truth.overlaps.flatMap(({ family, first, second, from, to, firstAborted }) => {
    const lasted = (to ?? truth.now) - from
    // The provider may see an aborted request end only after the client's next request.
    if (firstAborted && lasted <= limits.abortSeenWithinMs) return []
    const message = `requests ${first} and ${second} were open at once for ${ms(lasted)}`
    return [{ family, message }]
  })
}

/** I2: the daemon repeats a used refresh token only while it cannot know the outcome of the use before. */
export function usedTokensAreNotRepeated(facts: Facts): readonly Finding[] {
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

/** I3: no grant is revoked for reuse at a provider with a grace. */
export function noGrantIsRevokedForReuse({ truth }: Facts): readonly Finding[] {
  if (truth.settings.grace === 'none') return []
  return truth.families.flatMap(({ id, revoked }) =>
    revoked?.cause === 'reuse'
      ? [{ family: id, message: 'the provider revoked the grant for reuse' }]
      : [],
  )
}

/** Null if this use of a used token was allowed. */
function faultOfReplay(
  facts: Facts,
  request: RequestRecord,
  earlier: readonly RequestRecord[],
): string | null {
  if (facts.limits.replay === 'never')
    return 'a used token was sent again although the preset forbids that'
  const ordinal = request.presented?.ordinal ?? -1
  const told = earlier.findLast((one) => replaced(one, ordinal, request.arrivedAt))
  if (told !== undefined && !diedBeforeStoring(facts, told)) {
    return `a used token was sent again although request ${told.id} had delivered its successor`
  }
  const same = earlier.filter(({ presented }) => presented?.ordinal === ordinal)
  const { found, allowed } = earlyUses(facts, [...same, request])
  if (found <= allowed) return null
  return `a used token was sent ${found} times in a row without back-off, ${allowed} allowed`
}

/** Whether an answer had delivered a newer token by then. */
function replaced({ issued, told, answeredAt }: RequestRecord, ordinal: number, by: number) {
  const newer = (issued?.refresh ?? -1) > ordinal
  return newer && told === 'plainly' && answeredAt !== null && answeredAt <= by
}

/** Whether the daemon died before the answer, or too soon after it to have stored it. */
function diedBeforeStoring(facts: Facts, { arrivedAt, answeredAt }: RequestRecord): boolean {
  const { arrivalSeenWithinMs, killWindowMs } = facts.limits
  const sentAt = arrivedAt - arrivalSeenWithinMs
  return diedBetween(facts, sentAt, (answeredAt ?? arrivedAt) + killWindowMs)
}

/** Number of uses in a row, up to the last, that followed the one before without back-off. */
function earlyUses({ seen, limits }: Facts, showings: readonly RequestRecord[]) {
  let found = 0
  for (let index = showings.length - 1; index > 0; index--) {
    const [before, request] = [showings[index - 1], showings[index]]
    if (before === undefined || request === undefined) break
    if (request.arrivedAt - endOf(before) >= limits.backoffMs) break
    found++
    const started = (seen.starts ?? []).some(
      (at) => before.arrivedAt < at && at <= request.arrivedAt,
    )
    // A start repeats an open attempt at once, and the answer to that may be lost too.
    if (started) return { found, allowed: limits.earlyReplays + 1 }
  }
  return { found, allowed: limits.earlyReplays }
}

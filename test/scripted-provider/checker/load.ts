import type { FamilyId } from '../ledger.ts'
import type { RequestRecord } from '../request-log.ts'
import type { Truth } from '../truth.ts'
import { type Facts, type Finding, ms } from './facts.ts'

/** I8: connections without faults are refreshed in time. */
export function refreshesAreInTime({ seen, limits }: Facts): readonly Finding[] {
  const { latenessMs = [] } = seen
  if (limits.latenessP99Ms === null || latenessMs.length === 0) return []
  const p99 = percentile(latenessMs, 0.99)
  if (p99 <= limits.latenessP99Ms) return []
  const message = `p99 of lateness is ${ms(p99)}, ${ms(limits.latenessP99Ms)} allowed`
  return [{ family: null, message }]
}

/** I10: requests stay within the limits. */
export function requestsStayWithinLimits({ truth, limits, refreshes }: Facts): readonly Finding[] {
  const { mostPerSecond, mostAtOnce } = loadOf(truth)
  const totals = [
    over('token requests', truth.tokenRequests, limits.requests),
    over('token requests within a second', mostPerSecond, limits.requestsPerSecond),
    over('token requests at once', mostAtOnce, limits.requestsAtOnce),
  ]
  const each = [...refreshes].map(([family, { length }]) =>
    over('refreshes of one grant', length, limits.requestsOfEach, family),
  )
  return [...totals, ...each].flat()
}

/** The highest number of token requests within one second, and open at once. */
export function loadOf({ requests, now }: Pick<Truth, 'requests' | 'now'>) {
  const asked = requests.filter(({ endpoint }) => endpoint === 'token')
  return { mostPerSecond: perSecond(asked), mostAtOnce: atOnce(asked, now) }
}

/** For each refresh of a grant without faults: how long it had no valid access token. */
export function latenessOf(truth: Truth, faulty = familiesWithFaults(truth)): readonly number[] {
  return truth.families
    .filter(({ id, revoked }) => revoked === null && !faulty.has(id))
    .flatMap(({ accessTokens }) =>
      accessTokens.slice(1).map(({ issuedAt }, index) => {
        return Math.max(0, issuedAt - (accessTokens[index]?.expiresAt ?? issuedAt))
      }),
    )
}

/** Families that any rule applied to, even if it only delayed. */
function familiesWithFaults({ requests }: Truth): ReadonlySet<FamilyId | null> {
  const met = requests.filter(({ misbehaviour }) => misbehaviour !== null)
  return new Set(met.map(({ family }) => family))
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
}

function over(
  what: string,
  count: number,
  limit: number | null,
  family: Finding['family'] = null,
): readonly Finding[] {
  if (limit === null || count <= limit) return []
  return [{ family, message: `${count} ${what}, ${limit} allowed` }]
}

function perSecond(requests: readonly RequestRecord[]): number {
  let most = 0
  let first = 0
  for (const [last, request] of requests.entries()) {
    while (request.arrivedAt - (requests[first]?.arrivedAt ?? 0) >= 1_000) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}

function atOnce(requests: readonly RequestRecord[], now: number): number {
  const steps = requests.flatMap(({ arrivedAt, closedAt }) => [
    { at: arrivedAt, by: 1 },
    { at: closedAt ?? now, by: -1 },
  ])
  let open = 0
  // A request that ends when another starts does not overlap it.
  return steps
    .toSorted((a, b) => a.at - b.at || a.by - b.by)
    .reduce((most, { by }) => Math.max(most, (open += by)), 0)
}

import type { FamilyId } from '../ledger.ts'
import type { RequestRecord } from '../request-log.ts'
import type { AccessTokenTruth, FamilyTruth, Truth } from '../truth.ts'
import type { Limits } from './limits.ts'
import type { Observations } from './observations.ts'

export type InvariantId = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`
export type Violation = {
  readonly invariant: InvariantId
  readonly family: FamilyId | null
  readonly message: string
}
export type Finding = Omit<Violation, 'invariant'>

/** Truth and observations, with indexes for the invariants. */
export type Facts = {
  readonly truth: Truth
  readonly seen: Observations
  readonly limits: Limits
  readonly families: ReadonlyMap<FamilyId, FamilyTruth>
  /** Token requests with a refresh token, in the order of arrival. */
  readonly refreshes: ReadonlyMap<FamilyId, readonly RequestRecord[]>
  readonly accessTokens: ReadonlyMap<string, AccessTokenTruth & { readonly family: FamilyTruth }>
}

export function gatherFacts(truth: Truth, seen: Observations, limits: Limits): Facts {
  const refreshes = Map.groupBy(
    truth.requests.filter((request) => request.family !== null && isRefresh(request)),
    ({ family }) => family ?? 'f-1',
  )
  const accessTokens = truth.families.flatMap((family) =>
    family.accessTokens.map((token) => [token.token, { ...token, family }] as const),
  )
  const kills = [...(seen.kills ?? []), ...truth.kills.map(({ at }) => at)].toSorted(
    (a, b) => a - b,
  )
  return {
    truth,
    seen: { ...seen, kills },
    limits,
    families: new Map(truth.families.map((family) => [family.id, family])),
    refreshes,
    accessTokens: new Map(accessTokens),
  }
}

export function isRefresh({ endpoint, presented }: RequestRecord): boolean {
  return endpoint === 'token' && presented?.kind === 'refresh'
}

export function refreshesOf(facts: Facts, family: FamilyId): readonly RequestRecord[] {
  return facts.refreshes.get(family) ?? []
}

/** Whether the daemon died after `from` and not later than `to`. */
export function diedBetween({ seen }: Facts, from: number, to: number): boolean {
  return (seen.kills ?? []).some((at) => from <= at && at <= to)
}

export function endOf(request: RequestRecord): number {
  return request.closedAt ?? request.answeredAt ?? request.arrivedAt
}

/** A duration in milliseconds with one decimal. */
export function ms(duration: number): string {
  return `${Math.round(duration * 10) / 10} ms`
}

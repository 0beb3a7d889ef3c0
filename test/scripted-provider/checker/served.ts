import type { AccessTokenTruth, FamilyTruth } from '../truth.ts'
import { type Facts, type Finding, ms, refreshesOf } from './facts.ts'
import type { ServedToken } from './observations.ts'

/** I4: every token that was served worked, was the connection's own, and lived as long as was asked. */
export function servedTokensWork(facts: Facts): readonly Finding[] {
  return (facts.seen.served ?? []).flatMap((served) => {
    const token = facts.accessTokens.get(served.accessToken)
    const fault =
      token === undefined
        ? 'a token was served that this provider never issued'
        : faultOf(facts, served, token)
    return fault === null
      ? []
      : [{ family: served.family ?? token?.family.id ?? null, message: fault }]
  })
}

type Token = AccessTokenTruth & { readonly family: FamilyTruth }

/** Judged by the moment the question was put: the answer may have taken its time on the way. */
function faultOf(facts: Facts, served: ServedToken, token: Token): string | null {
  const { askedAt, answeredAt, minTtlMs } = served
  if (served.family !== null && served.family !== token.family.id) {
    return `the token of ${token.family.id} was served for another grant`
  }
  if (token.issuedAt > answeredAt) return 'a token was served before it was issued'
  // One that was issued while the question waited is judged by its own whole life.
  const left = token.expiresAt - Math.max(askedAt, token.issuedAt)
  if (left <= 0) return `a token was served ${ms(-left)} after its end`
  const wantedMs = wanted(token, minTtlMs)
  if (left < wantedMs) return `a token was served with ${ms(left)} left, ${ms(wantedMs)} wanted`
  const replacedAt = knownEnd(facts, token)
  if (replacedAt !== null && replacedAt < askedAt) {
    return `a token was served ${ms(askedAt - replacedAt)} after the daemon itself had ended it`
  }
  return null
}

/** Of a token that is born shorter than was asked, half its life is wanted. */
function wanted({ issuedAt, expiresAt }: Token, minTtlMs: number): number {
  const life = expiresAt - issuedAt
  return life > minTtlMs ? minTtlMs : life / 2
}

/** When the daemon knew that the token was dead: it had the answer that ended it. */
function knownEnd(facts: Facts, token: Token): number | null {
  if (token.endedAt === null) return null
  if (token.endedBy === 'revocation_endpoint') return token.endedAt
  const ended = refreshesOf(facts, token.family.id).find(
    ({ issued, told }) => issued !== null && issued.access > token.ordinal && told === 'plainly',
  )
  const answeredAt = ended?.answeredAt ?? null
  return answeredAt === null ? null : answeredAt + facts.limits.settleMs
}

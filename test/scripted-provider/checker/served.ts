import type { AccessTokenTruth, FamilyTruth } from '../truth.ts'
import { type Facts, type Finding, ms, refreshesOf } from './facts.ts'
import type { ServedToken } from './observations.ts'

/** I4: every served token was valid, belonged to the connection, and had the demanded lifetime left. */
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

/** Judges a token at the time of the request, because the answer may take time. */
function faultOf(facts: Facts, served: ServedToken, token: Token): string | null {
  const { askedAt, answeredAt, minTtlMs } = served
  if (served.family !== null && served.family !== token.family.id) {
    return `the token of ${token.family.id} was served for another grant`
  }
  if (token.issuedAt > answeredAt) return 'a token was served before it was issued'
  // A token that was issued during the request is judged from its issue on.
  const left = token.expiresAt - Math.max(askedAt, token.issuedAt)
  if (left <= 0) return `a token was served ${ms(-left)} after its expiry`
  const wantedMs = wanted(token, minTtlMs)
  if (left < wantedMs) return `a token was served with ${ms(left)} left, ${ms(wantedMs)} wanted`
  const replacedAt = knownEnd(facts, token)
  if (replacedAt !== null && replacedAt < askedAt) {
    return `a token was served ${ms(askedAt - replacedAt)} after the daemon’s own refresh had ended it`
  }
  return null
}

/** The lifetime that must be left: the demanded one, or half of a shorter token's. */
function wanted({ issuedAt, expiresAt }: Token, minTtlMs: number): number {
  const life = expiresAt - issuedAt
  return life > minTtlMs ? minTtlMs : life / 2
}

/** When the daemon had the answer that ended the token. */
function knownEnd(facts: Facts, token: Token): number | null {
  if (token.endedAt === null) return null
  if (token.endedBy === 'revocation_endpoint') return token.endedAt
  const ended = refreshesOf(facts, token.family.id).find(
    ({ issued, told }) => issued !== null && issued.access > token.ordinal && told === 'plainly',
  )
  const answeredAt = ended?.answeredAt ?? null
  return answeredAt === null ? null : answeredAt + facts.limits.settleMs
}

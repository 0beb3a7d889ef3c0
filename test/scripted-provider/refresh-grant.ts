import type { AccessToken, Family, Issued, Ledger, RefreshToken, Terms } from './ledger.ts'
import { worksAt } from './ledger.ts'
import type { Profile } from './profiles.ts'

/** The state of a refresh token when it is used. */
export type Standing = 'current' | 'spent' | 'revoked' | 'unknown'

export type RefreshGrant =
  | { readonly kind: 'issued'; readonly issued: Issued; readonly rotated: boolean }
  | { readonly kind: 'refused' }

type Rules = Profile & { readonly idleMs: number | null }

export function standingOf(family: Family | null, ordinal: number): Standing {
  const token = family?.refresh.at(ordinal)
  if (family == null || token === undefined) return 'unknown'
  if (family.revoked !== null) return 'revoked'
  return token.spentAt === null ? 'current' : 'spent'
}

/** A refresh (RFC 6749 §6) by the rules of the profile. */
export function refreshGrant(ledger: Ledger, shown: Shown, how: How): RefreshGrant {
  const { family, ordinal } = shown
  const { rules, terms } = how
  noteIdleness(ledger, family, { idleMs: rules.idleMs, now: terms.now })
  const token = family.refresh.at(ordinal)
  if (token === undefined || family.revoked !== null) return { kind: 'refused' }
  if (token.spentAt === null) return { kind: 'issued', ...renew(ledger, shown, how) }
  if (inGrace(family, token, how)) return { kind: 'issued', ...repeat(ledger, shown, how) }
  if (rules.reuse === 'revoke-family') ledger.revoke(family, 'reuse', terms.now)
  return { kind: 'refused' }
}

/** Ends a family that was idle for too long, at the time of its expiry. */
export function noteIdleness(
  ledger: Ledger,
  family: Family,
  { idleMs, now }: { readonly idleMs: number | null; readonly now: number },
): void {
  if (idleMs === null || family.lastUsedAt + idleMs > now) return
  ledger.revoke(family, 'idle', family.lastUsedAt + idleMs)
}

type Shown = { readonly family: Family; readonly ordinal: number }
type How = { readonly rules: Rules; readonly terms: Terms }

function renew(ledger: Ledger, { family, ordinal }: Shown, { rules, terms }: How) {
  const previous = family.access.length
  const rotated = rules.rotation === 'new'
  const issued = rotated ? ledger.rotate(family, ordinal, terms) : ledger.renew(family, terms)
  if (rules.endsPreviousAccessToken) endAccessTokens(family, previous, terms.now)
  return { issued, rotated }
}

/** Whether this is the token right before the current one, and that was not used yet. */
function inGrace(family: Family, token: RefreshToken, { rules, terms }: How): boolean {
  if (token.successor !== family.refresh.length - 1) return false
  switch (rules.grace) {
    case 'none':
      return false
    case 'time':
      return terms.now - (token.spentAt ?? 0) <= rules.graceMs
    case 'until-used':
      return successorAccess(family, token)?.firstUsedAt === null
    default:
      return rules.grace satisfies never
  }
}

function repeat(ledger: Ledger, { family, ordinal }: Shown, how: How) {
  const { rules, terms } = how
  const token = family.refresh.at(ordinal)
  const successor = family.refresh.at(token?.successor ?? -1)
  if (rules.graceAnswer === 'new' || successor === undefined)
    return renew(ledger, { family, ordinal }, how)
  const access = family.access.at(successor.access)
  const stillWorks = access !== undefined && worksAt(family, access, terms.now)
  const issued = stillWorks
    ? ledger.pair(family, successor.access, terms.now)
    : ledger.renew(family, terms)
  return { issued, rotated: true }
}

function successorAccess(family: Family, token: RefreshToken): AccessToken | undefined {
  const successor = family.refresh.at(token.successor ?? -1)
  return successor && family.access.at(successor.access)
}

function endAccessTokens(family: Family, before: number, now: number): void {
  for (let ordinal = before - 1; ordinal >= 0; ordinal--) {
    const token = family.access.at(ordinal)
    if (token === undefined || token.endedAt !== null) return
    token.endedAt = now
    token.endedBy = 'rotation'
  }
}

import type { FamilyId } from '../ledger.ts'
import type { RequestRecord } from '../request-log.ts'
import type { FamilyTruth } from '../truth.ts'
import { type Facts, type Finding, gatherFacts, ms, refreshesOf } from './facts.ts'
import { LIMITS } from './limits.ts'
import type { Observations } from './observations.ts'
import type { Truth } from '../truth.ts'

/** I9: the vault holds the provider's current refresh token, unless the daemon could not know it. */
export function storedTokensAreCurrent(facts: Facts): readonly Finding[] {
  return (facts.seen.stored ?? []).flatMap(({ family: id, refreshToken }) => {
    const family = facts.families.get(id)
    if (family === undefined) return [{ family: id, message: 'no such grant was given' }]
    const fault = faultOf(facts, family, refreshToken)
    return fault === null ? [] : [{ family: id, message: fault }]
  })
}

function faultOf(facts: Facts, family: FamilyTruth, stored: string): string | null {
  if (stored === family.current) return null
  const held = family.refreshTokens.find(({ token }) => token === stored)
  if (held === undefined) return 'the vault holds a refresh token that was never issued'
  const rotation = rotationOf(refreshesOf(facts, family.id), held.ordinal)
  if (rotation === undefined || rotation.told !== 'plainly') return null
  const lost = lossOf(facts, family.id, rotation)
  if (lost.excused) return null
  const late = lost.gapMs === null ? 'the daemon was not killed' : `killed ${ms(lost.gapMs)} later`
  return `request ${rotation.id} delivered a newer refresh token than the vault holds; ${late}`
}

/** The first plain answer that replaced the token, or else the last answer that did. */
function rotationOf(
  refreshes: readonly RequestRecord[],
  ordinal: number,
): RequestRecord | undefined {
  const after = refreshes.filter(({ issued }) => (issued?.refresh ?? -1) > ordinal)
  return after.find(({ told }) => told === 'plainly') ?? after.at(-1)
}

export type LostRotation = {
  readonly family: FamilyId
  readonly request: number
  /** Time from the answer's last byte to the kill; negative if the kill was first, null if there was none. */
  readonly gapMs: number | null
  /** Whether the kill came before the daemon could store the answer, and no grace allowed a repeat. */
  readonly excused: boolean
}

/** Rotations that were fully answered but are not in the vault. */
export function lostRotations(
  truth: Truth,
  seen: Observations,
  limits = LIMITS,
): readonly LostRotation[] {
  const facts = gatherFacts(truth, seen, limits)
  return (seen.stored ?? []).flatMap(({ family: id, refreshToken }) => {
    const family = facts.families.get(id)
    const held = family?.refreshTokens.find(({ token }) => token === refreshToken)
    if (family === undefined || held === undefined || family.current === refreshToken) return []
    const rotation = rotationOf(refreshesOf(facts, id), held.ordinal)
    return rotation?.told === 'plainly' ? [lossOf(facts, id, rotation)] : []
  })
}

function lossOf(
  { seen, truth, limits }: Facts,
  family: FamilyId,
  rotation: RequestRecord,
): LostRotation {
  const answeredAt = rotation.answeredAt ?? rotation.arrivedAt
  const sentAt = rotation.arrivedAt - limits.arrivalSeenWithinMs
  const killedAt = (seen.kills ?? []).find((at) => at >= sentAt)
  const gapMs = killedAt === undefined ? null : killedAt - answeredAt
  const restarted = (seen.starts ?? []).some((at) => at > (killedAt ?? Number.POSITIVE_INFINITY))
  const couldAskAgain = truth.settings.grace !== 'none' && restarted
  const excused = gapMs !== null && gapMs <= limits.killWindowMs && !couldAskAgain
  return { family, request: rotation.id, gapMs, excused }
}

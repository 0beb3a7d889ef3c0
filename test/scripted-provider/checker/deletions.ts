import type { FamilyTruth } from '../truth.ts'
import { type Facts, type Finding, ms } from './facts.ts'
import type { Deletion } from './observations.ts'

/** I7: a deleted connection is not listed, served or refreshed, and is revoked if asked. */
export function deletedStaysDeleted(facts: Facts): readonly Finding[] {
  return (facts.seen.deletions ?? []).flatMap((deletion) => {
    const { family: id } = deletion
    const family = facts.families.get(id)
    if (family === undefined) return [{ family: id, message: 'no such grant was given' }]
    const faults = [
      usedAgain(facts, deletion),
      shownAgain(facts, deletion),
      left(facts, deletion, family),
    ]
    return faults.flatMap((message) => (message === null ? [] : [{ family: id, message }]))
  })
}

function usedAgain({ truth, limits }: Facts, { family, at }: Deletion): string | null {
  const request = truth.requests.find(
    (one) =>
      one.family === family && one.endpoint === 'token' && one.arrivedAt > at + limits.onItsWayMs,
  )
  if (request === undefined) return null
  return `request ${request.id} refreshes it ${ms(request.arrivedAt - at)} after it was deleted`
}

function shownAgain({ seen }: Facts, { family, at }: Deletion): string | null {
  const shown = (seen.connections ?? []).some(
    (one) => one.family === family && one.seenAt >= at && one.status !== 'missing',
  )
  const served = (seen.served ?? []).some((one) => one.family === family && one.askedAt >= at)
  if (shown) return 'the API shows it after it was deleted'
  return served ? 'its token was served after it was deleted' : null
}

function left(
  { truth, limits }: Facts,
  { at, revokes }: Deletion,
  family: FamilyTruth,
): string | null {
  if (!revokes || family.revoked !== null || truth.now - at <= limits.settleMs) return null
  return `its grant is still valid at the provider ${ms(truth.now - at)} after it was deleted`
}

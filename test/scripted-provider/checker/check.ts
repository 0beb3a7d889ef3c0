import type { Truth } from '../truth.ts'
import { deletedStaysDeleted } from './deletions.ts'
import { type Facts, type Finding, gatherFacts, type InvariantId, type Violation } from './facts.ts'
import { type Limits, LIMITS } from './limits.ts'
import { refreshesAreInTime, requestsStayWithinLimits } from './load.ts'
import type { Observations } from './observations.ts'
import {
  noGrantIsRevokedForReuse,
  oneRefreshAtATime,
  usedTokensAreNotRepeated,
} from './requests.ts'
import { noSecretLeaks } from './secrets.ts'
import { servedTokensWork } from './served.ts'
import { statesAreTrue } from './states.ts'
import { storedTokensAreCurrent } from './stored.ts'

export const INVARIANTS: Readonly<Record<InvariantId, (facts: Facts) => readonly Finding[]>> = {
  I1: oneRefreshAtATime,
  I2: usedTokensAreNotRepeated,
  I3: noGrantIsRevokedForReuse,
  I4: servedTokensWork,
  I5: statesAreTrue,
  I6: noSecretLeaks,
  I7: deletedStaysDeleted,
  I8: refreshesAreInTime,
  I9: storedTokensAreCurrent,
  I10: requestsStayWithinLimits,
}

/**
 * Compares the observations of the daemon with the truth of the provider. Each violation names the
 * seed of the run. Throws if the provider itself failed or dropped requests.
 */
export function check(
  truth: Truth,
  seen: Observations = {},
  limits: Partial<Limits> = {},
): readonly Violation[] {
  if (truth.faults.length > 0) throw new Error(`the provider failed: ${truth.faults.join('\n')}`)
  if (truth.requestsDropped > 0) {
    throw new Error(`the provider dropped ${truth.requestsDropped} requests: raise requestsKept`)
  }
  const facts = gatherFacts(truth, seen, { ...LIMITS, ...limits })
  return Object.entries(INVARIANTS).flatMap(([id, invariant]) =>
    invariant(facts).map(({ family, message }) => ({
      invariant: id as InvariantId,
      family,
      message: `${id}${family === null ? '' : ` ${family}`}: ${message} (seed ${truth.seed})`,
    })),
  )
}

const SHOWN = 20

/** Throws an error with all violations and the seed. */
export function expectNoViolation(
  truth: Truth,
  seen: Observations = {},
  limits: Partial<Limits> = {},
): void {
  const violations = check(truth, seen, limits)
  if (violations.length === 0) return
  const shown = violations.slice(0, SHOWN).map(({ message }) => message)
  const more = violations.length > SHOWN ? [`… and ${violations.length - SHOWN} more`] : []
  throw new Error([`SCRIPTED_PROVIDER_SEED=${truth.seed}`, ...shown, ...more].join('\n'))
}

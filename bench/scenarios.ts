import type { Scenario } from './scenario.ts'
import { coldRead } from './scenarios/cold-read.ts'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [coldRead]

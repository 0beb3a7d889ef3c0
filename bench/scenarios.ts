import type { Scenario } from './scenario.ts'
import { answerToJournal } from './scenarios/answer-to-journal.ts'
import { coldRead } from './scenarios/cold-read.ts'
import { refresh } from './scenarios/refresh.ts'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [coldRead, refresh, answerToJournal]

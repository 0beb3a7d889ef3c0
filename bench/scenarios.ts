import type { Scenario } from './scenario.ts'
import { answerToJournal } from './scenarios/answer-to-journal.ts'
import { coldRead } from './scenarios/cold-read.ts'
import { databaseSize } from './scenarios/database-size.ts'
import { demand } from './scenarios/demand.ts'
import { dueMillion } from './scenarios/due-million.ts'
import { hotRead } from './scenarios/hot-read.ts'
import { idleCpu } from './scenarios/idle-cpu.ts'
import { bulkImport } from './scenarios/import.ts'
import { memory } from './scenarios/memory.ts'
import { mixedLoad } from './scenarios/mixed-load.ts'
import { refresh } from './scenarios/refresh.ts'
import { start } from './scenarios/start.ts'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  hotRead,
  coldRead,
  refresh,
  answerToJournal,
  bulkImport,
  start,
  memory,
  idleCpu,
  databaseSize,
  dueMillion,
  mixedLoad,
  demand,
]

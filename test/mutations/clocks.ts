import type { Mutation } from './mutation.ts'

const SCHEDULE = 'test/jobs/schedule.test.ts'
const FILE = 'src/jobs/schedule.ts'

/** What is done again and again, whatever is done to a clock. */
export const clocks: readonly Mutation[] = [
  {
    promise: 'a clock that is set silences no job',
    file: FILE,
    original: '    this.#plan()\n  }\n\n  #plan(): void {\n',
    mutant: '  }\n\n  #plan(): void {\n',
    killedBy: [[SCHEDULE, 'a clock that is set has every job planned anew, and none twice']],
  },
  {
    promise: 'a clock that is set has no job planned twice',
    file: FILE,
    original: '    this.#unplan()\n    try {\n',
    mutant: '    try {\n',
    killedBy: [[SCHEDULE, 'a clock that is set has every job planned anew, and none twice']],
  },
  {
    promise: 'what is asked to stop plans nothing more, and ends',
    file: FILE,
    original: '    if (this.stopping) return\n    this.#tasks',
    mutant: '    this.#tasks',
    killedBy: [
      [
        SCHEDULE,
        'nothing is planned any more where it is asked to stop while it follows the clock',
      ],
    ],
  },
  {
    promise: 'jobs keep to UTC, whatever time is kept around',
    file: FILE,
    original: "        timezone: 'UTC',\n",
    mutant: '',
    killedBy: [
      ['test/jobs/local-time.test.ts', 'a job is planned by UTC, whatever time is kept around it'],
    ],
  },
]

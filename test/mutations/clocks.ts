import type { Mutation } from './mutation.ts'

const SCHEDULE = 'test/jobs/schedule.test.ts'
const FILE = 'src/jobs/schedule.ts'
const CLOCK = 'test/vault/clock.test.ts'
const STORM = 'test/outage/clock-storm.test.ts'
const SUSPENDED =
  'where a machine was suspended for eight hours, all are refreshed once, within the caps, and nothing that has ended is served'

/** What is done again and again, whatever is done to a clock. */
export const clocks: readonly Mutation[] = [
  {
    promise: 'a clock that is set silences no job',
    file: FILE,
    original: '    this.#plan()\n    if (byMs > 0)',
    mutant: '    if (byMs > 0)',
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
  {
    promise: 'a clock that is set back makes nobody wait as long',
    file: 'src/core/refresh-policy.ts',
    original: '  if (isAheadOf(connection, now)) return 0\n',
    mutant: '',
    killedBy: [[CLOCK, 'lets nobody wait for days in the moment before it is noticed']],
  },
  {
    promise: 'a token is as old as the clock says that makes it older',
    file: 'src/vault/present-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'ports.clock.now() - took',
    killedBy: [[CLOCK, 'during a refresh does not take the token that it finds for a new one']],
  },
  {
    promise: 'a token is no younger for a clock that is set back',
    file: 'src/vault/present-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'begun.at',
    killedBy: [[CLOCK, 'during a refresh does not make the new token seem younger than it is']],
  },
  {
    promise: 'no more refreshes begin in a second than the provider was promised',
    file: 'src/vault/lanes.ts',
    original: '    if (wait > 0) await this.#clock.sleep(wait)\n',
    mutant: '',
    killedBy: [[STORM, SUSPENDED]],
  },
  {
    promise: 'no more refreshes are under way at once than the provider was promised',
    file: 'src/vault/lanes.ts',
    original: 'queue: new PQueue({ concurrency }),',
    mutant: 'queue: new PQueue({ concurrency: Number.POSITIVE_INFINITY }),',
    killedBy: [
      [
        'test/vault/lanes.test.ts',
        'so many are under way at once, and the next begins when one of them ends',
      ],
    ],
  },
]

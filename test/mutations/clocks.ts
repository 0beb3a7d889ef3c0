import type { Mutation } from './mutation.ts'

const SCHEDULE = 'test/jobs/schedule.test.ts'
const FILE = 'src/jobs/schedule.ts'
const CLOCK = 'test/vault/upkeep/clock.test.ts'
const STORM = 'test/outage/clock-storm.test.ts'
const SUSPENDED =
  'where a machine was suspended for eight hours, all are refreshed once, within the caps, and nothing that has ended is served'

/** Jobs and rates while the clock is set, and the age of tokens. */
export const clocks: readonly Mutation[] = [
  {
    guarantee: 'Every job is planned again after the clock was set',
    file: FILE,
    original: '    this.#plan()\n    if (byMs > 0)',
    mutant: '    if (byMs > 0)',
    killedBy: [[SCHEDULE, 'a clock that is set has every job planned anew, and none twice']],
  },
  {
    guarantee: 'No job is planned twice after the clock was set',
    file: FILE,
    original: '    this.#unplan()\n    try {\n',
    mutant: '    try {\n',
    killedBy: [[SCHEDULE, 'a clock that is set has every job planned anew, and none twice']],
  },
  {
    guarantee: 'A schedule that is stopping plans no more jobs',
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
    guarantee: 'Jobs run by UTC in every time zone',
    file: FILE,
    original: "        timezone: 'UTC',\n",
    mutant: '',
    killedBy: [
      ['test/jobs/local-time.test.ts', 'a job is planned by UTC, whatever time is kept around it'],
    ],
  },
  {
    guarantee: 'A read does not wait for the time by which the clock was set back',
    file: 'src/core/refresh/refresh-policy.ts',
    original: '  if (isAheadOf(connection, now)) return 0\n',
    mutant: '',
    killedBy: [[CLOCK, 'lets nobody wait for days in the moment before it is noticed']],
  },
  {
    guarantee:
      'If the clock was set during a refresh, the new token gets the earlier of two issue times',
    file: 'src/vault/refresh/send-refresh-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'ports.clock.now() - took',
    killedBy: [[CLOCK, 'during a refresh does not take the token that it finds for a new one']],
  },
  {
    guarantee: 'A clock that was set back does not make a token seem newer',
    file: 'src/vault/refresh/send-refresh-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'begun.at',
    killedBy: [[CLOCK, 'during a refresh does not make the new token seem younger than it is']],
  },
  {
    guarantee: 'No more refreshes start per second than the limit of the provider',
    file: 'src/vault/refresh/lanes.ts',
    original: '    if (wait > 0) await this.#clock.sleep(wait)\n',
    mutant: '',
    killedBy: [[STORM, SUSPENDED]],
  },
  {
    guarantee: 'No more refreshes run at the same time than the limit of the provider',
    file: 'src/vault/refresh/lanes.ts',
    original: 'queue: new PQueue({ concurrency }),',
    mutant: 'queue: new PQueue({ concurrency: Number.POSITIVE_INFINITY }),',
    killedBy: [
      [
        'test/vault/refresh/lanes.test.ts',
        'so many are under way at once, and the next begins when one of them ends',
      ],
    ],
  },
]

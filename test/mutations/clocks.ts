import type { Mutation } from './mutation.ts'

const SCHEDULE = 'test/jobs/schedule.test.ts'
const FILE = 'src/jobs/schedule.ts'
const CLOCK = 'test/vault/upkeep/clock.test.ts'
const STORM = 'test/outage/clock-storm.test.ts'
const SUSPENDED =
  'if a machine is suspended for eight hours, each connection is refreshed once, within the caps, and no expired token is served'

/** Jobs and rates while the clock is set, and the age of tokens. */
export const clocks: readonly Mutation[] = [
  {
    guarantee: 'Every job is planned again after the clock was set',
    file: FILE,
    original: '    this.#plan()\n    if (byMs > 0)',
    mutant: '    if (byMs > 0)',
    killedBy: [[SCHEDULE, 'every job is planned again, and only once, after the clock is set']],
  },
  {
    guarantee: 'No job is planned twice after the clock was set',
    file: FILE,
    original: '    this.#unplan()\n    this.#plan()\n',
    mutant: '    this.#plan()\n',
    killedBy: [[SCHEDULE, 'every job is planned again, and only once, after the clock is set']],
  },
  {
    guarantee: 'Jobs run by UTC in every time zone',
    file: FILE,
    original: "        timezone: 'UTC',\n",
    mutant: '',
    killedBy: [
      [
        'test/jobs/local-time.test.ts',
        'jobs are planned in UTC even if the process has another time zone',
      ],
    ],
  },
  {
    guarantee: 'A read does not wait for the time by which the clock was set back',
    file: 'src/core/refresh/refresh-policy.ts',
    original: '  if (token !== null && isFromTheFuture(token, now)) return 0\n',
    mutant: '',
    killedBy: [
      [
        CLOCK,
        'a forced read under a clock set back does not wait for days, even before Larder notices the change',
      ],
    ],
  },
  {
    guarantee: 'After the clock was set back, no token that can be refreshed is served before that',
    file: 'src/core/refresh/clock-set-back.ts',
    original: 'step.now - SPACING_MS), expiresAt: step.now }',
    mutant: 'step.now - SPACING_MS), expiresAt: earlier(expiresAt, step) }',
    killedBy: [[CLOCK, 'a clock set back makes each refreshable token due for a refresh']],
  },
  {
    guarantee: 'A clock that was set back ends no back-off early',
    file: 'src/core/refresh/clock-set-back.ts',
    original: "status === 'active' && isRenewable",
    mutant: 'isRenewable',
    killedBy: [[CLOCK, 'ends no back-off early']],
  },
  {
    guarantee:
      'If the clock was set during a refresh, the new token gets the earlier of two issue times',
    file: 'src/vault/refresh/send-refresh-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'ports.clock.now() - took',
    killedBy: [
      [
        CLOCK,
        'a token that expired while the machine was suspended during a refresh is not served',
      ],
    ],
  },
  {
    guarantee: 'A clock that was set back does not make a token seem newer',
    file: 'src/vault/refresh/send-refresh-token.ts',
    original: 'Math.min(begun.at, ports.clock.now() - took)',
    mutant: 'begun.at',
    killedBy: [
      [CLOCK, "a clock set back during a refresh does not lengthen the new token's lifetime"],
    ],
  },
  {
    guarantee: 'No more refreshes start per second than the limit of the provider',
    file: 'src/vault/refresh/lanes.ts',
    original: '    if (wait > 0) await this.#clock.sleep(wait)\n',
    mutant: '',
    killedBy: [
      [STORM, SUSPENDED],
      [
        'test/vault/refresh/lanes.test.ts',
        'a lane starts no more than %s refreshes per second, even if timers are up to %s ms late',
      ],
    ],
  },
  {
    guarantee: 'A long rest earns no burst of refreshes',
    file: 'src/vault/refresh/token-bucket.ts',
    original: 'Math.min(this.#capacity, this.#tokens + earned)\n',
    mutant: 'this.#tokens + earned\n',
    killedBy: [
      [
        'test/vault/refresh/lanes.test.ts',
        'a lane starts no more than %s refreshes per second, even if timers are up to %s ms late',
      ],
    ],
  },
  {
    guarantee: 'No more refreshes run at the same time than the limit of the provider',
    file: 'src/vault/refresh/lanes.ts',
    original: 'queue: new PQueue({ concurrency }),',
    mutant: 'queue: new PQueue({ concurrency: Number.POSITIVE_INFINITY }),',
    killedBy: [
      [
        'test/vault/refresh/lanes.test.ts',
        'a lane runs as many refreshes at once as allowed, and starts the next when one ends',
      ],
    ],
  },
  {
    guarantee: 'Larder records that the clock was set back until all tokens are suspect',
    file: 'src/store/store.ts',
    original: "        .when('heartbeat_at', '>', now)\n",
    mutant: "        .when('heartbeat_at', '<', 0)\n",
    killedBy: [
      [
        CLOCK,
        'after the clock was set back, the stored heartbeat stays in the future until the change is handled',
      ],
    ],
  },
  {
    guarantee: 'No token is served that expires earlier than the caller asked for',
    file: 'src/core/refresh/refresh-policy.ts',
    original: 'remaining(token, now) >= wanted.ttlMs',
    mutant: 'remaining(token, now) >= -wanted.ttlMs',
    killedBy: [
      [
        'test/core/refresh/refresh-policy.test.ts',
        'a token read never serves an expired token or a token with less than the requested time to live',
      ],
    ],
  },
  {
    guarantee: 'A flow lives no longer if the clock is set back',
    file: 'src/store/queries/clock-set-back.ts',
    original: "'flows', row, { expires_at: row.expires_at - byMs }",
    mutant: "'flows', row, { expires_at: row.expires_at }",
    killedBy: [
      [
        'test/vault/upkeep/clock-set-back.test.ts',
        'after the clock was set back, a flow is over eleven minutes after its start',
      ],
    ],
  },
  {
    guarantee: 'A webhook does not wait for the time by which the clock was set back',
    file: 'src/vault/webhooks/deliver-webhook.ts',
    original: 'withoutFuture(sending.state, begunAt, ports.clock)',
    mutant: 'sending.state',
    killedBy: [
      [
        'test/webhooks/long-lives.test.ts',
        'a clock set back by 40 minutes does not delay the retry of an event that was refused before in the same run',
      ],
    ],
  },
]

import type { Mutation } from './mutation.ts'

const ONE_REFUSED = 'test/vault/refresh/one-refused.test.ts'
const LANES = 'test/vault/refresh/lanes.test.ts'
const DUE = 'test/vault/upkeep/refresh-due.test.ts'

/** The order and the rate of requests, pauses of a client, and deadlines. */
export const pacing: readonly Mutation[] = [
  {
    guarantee: 'A paused client is still paused after a restart',
    file: 'src/daemon.ts',
    original: 'new Lanes(clock, policy, await store.circuits())',
    mutant: 'new Lanes(clock, policy, [])',
    killedBy: [
      [
        'test/process/circuit.test.ts',
        'after a refusal, Larder sends no request with the OAuth client until the wait is over, even after a restart',
      ],
    ],
  },
  {
    guarantee: 'Failing connections leave a slot for the others',
    file: 'src/vault/refresh/lanes.ts',
    original: 'concurrency: Math.max(1, concurrency - 1) }',
    mutant: 'concurrency }',
    killedBy: [[LANES, 'failing connections leave one slot of a lane to healthy connections']],
  },
  {
    guarantee: 'A refresh that a caller waits for runs before scheduled ones',
    file: 'src/vault/refresh/lanes.ts',
    original: "const priority = task.urgency === 'asked' ? 1 : ",
    mutant: 'const priority = ',
    killedBy: [
      [LANES, 'a requested refresh overtakes fifty scheduled refreshes in a lane'],
      [DUE, 'a requested refresh is sent before all refreshes that are only due'],
    ],
  },
  {
    guarantee: 'No client waits for the refreshes of another client',
    file: 'src/vault/refresh/lanes.ts',
    original: 'const known = this.#lanes.get(client)\n',
    mutant: 'const known = this.#lanes.values().next().value\n',
    killedBy: [
      [LANES, 'hanging refreshes of one client do not delay another client'],
      [DUE, 'a provider that hangs with two hundred due connections delays no other provider'],
    ],
  },
  {
    guarantee: 'After a start, the schedule increases its rate gradually',
    file: 'src/vault/refresh/lanes.ts',
    original: 'const ramp = Math.min(1, FIRST_SHARE + (1 - FIRST_SHARE) * age)\n',
    mutant: 'const ramp = 1\n',
    killedBy: [
      [LANES, 'at 100 refreshes per second, 0 s after a start, a scan may start 10 refreshes'],
      [
        DUE,
        'the first scan after a start begins few refreshes and later scans more, and a reader does not wait for them',
      ],
    ],
  },
  {
    guarantee: 'A missing address that only one connection uses does not pause other connections',
    file: 'src/core/refresh/circuit.ts',
    original:
      "      return outcome.isOwn === true ? circuit : opened(circuit, 'misconfigured', 0, at)\n",
    mutant: "      return opened(circuit, 'misconfigured', 0, at)\n",
    killedBy: [
      [
        ONE_REFUSED,
        "an answer with %s at an address from the connection's own parameter makes only that connection failing",
      ],
    ],
  },
  {
    guarantee: 'An answer to an earlier request does not end a `Retry-After` wait',
    file: 'src/core/refresh/circuit.ts',
    original: "  if (isAskedToWait && outcome.kind !== 'throttled') return circuit\n",
    mutant: '',
    killedBy: [
      [
        'test/core/refresh/circuit.test.ts',
        'a late answer (%s) does not end the Retry-After of a circuit',
      ],
    ],
  },
  {
    guarantee: 'Settings whose deadline does not fit into the lease are refused',
    file: 'src/config/refresh-settings.ts',
    original: '  if (settings.leaseSeconds < 2 * settings.deadlineSeconds + 5) {\n',
    mutant: '  if (settings.leaseSeconds < 0) {\n',
    killedBy: [
      [
        'test/config/larder-file.test.ts',
        'larder.yaml with "refresh: { deadlineSeconds: 30 }" is rejected, and the error names the setting without its value',
      ],
    ],
  },
  {
    guarantee: 'The default deadline fits into the default lease',
    file: 'src/core/refresh/refresh-policy.ts',
    original: '  leaseMs: 60_000,\n',
    mutant: '  leaseMs: 20_000,\n',
    killedBy: [
      ['test/config/environment.test.ts', 'with only the keys set, every setting has its default'],
    ],
  },
  {
    guarantee: 'The configured deadline is used for requests',
    file: 'src/daemon.ts',
    original: '      deadlineMs: policy.deadlineMs,\n    }),',
    mutant: '    }),',
    killedBy: [
      [
        'test/e2e/deadline.test.ts',
        'a refresh at a silent provider ends at the configured deadline, within the lease',
      ],
    ],
  },
]

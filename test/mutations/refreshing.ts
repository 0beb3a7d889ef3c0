import type { Mutation } from './mutation.ts'

const FENCE = 'test/store/fence.test.ts'
const RACES = 'test/vault/refresh/races.test.ts'
const LEASE = 'test/vault/refresh/lease.test.ts'
const REFRESH = 'test/vault/refresh/refresh.test.ts'
const DISCONNECTS = 'test/vault/refresh/disconnects.test.ts'
const LOST_ANSWERS = 'test/vault/refresh/lost-answers.test.ts'
const REFUSED_CLIENT = 'test/vault/refresh/refused-client.test.ts'
const FLIGHTS = 'test/vault/refresh/flights.test.ts'
const KEPT = 'test/vault/refresh/kept-during-refresh.test.ts'
const JOURNAL = 'test/vault/refresh/journal.test.ts'
const ONE_REFUSED = 'test/vault/refresh/one-refused.test.ts'
const AFTER = 'test/core/refresh/after-refresh.test.ts'
const SPENT = 'test/core/refresh/spent-refresh-token.test.ts'
const LANES = 'test/vault/refresh/lanes.test.ts'
const DUE = 'test/vault/upkeep/refresh-due.test.ts'

/** One refresh, from the due row to the committed result; revocations. */
export const refreshing: readonly Mutation[] = [
  {
    guarantee: 'The outcome of a refresh is written only if the generation has not changed',
    file: 'src/store/queries/connection-writes.ts',
    original: "    .where('generation', '=', generation)\n",
    mutant: '',
    killedBy: [
      [FENCE, 'a save based on an older generation is refused'],
      [FENCE, 'a save based on a newer generation is refused'],
    ],
  },
  {
    guarantee: 'The outcome of a refresh is written only if the grant has not changed',
    file: 'src/store/queries/connection-writes.ts',
    original: "    .where('grant_id', grantId === null ? 'is' : '=', grantId)\n",
    mutant: '',
    killedBy: [[FENCE, 'a save based on another grant is refused']],
  },
  {
    guarantee: 'The store reports whether a fenced write changed a row',
    file: 'src/store/queries/connection-writes.ts',
    original: 'return { won: result.numUpdatedRows === 1n }',
    mutant: 'return { won: result.numUpdatedRows >= 0n }',
    killedBy: [[FENCE, 'a save based on an older generation is refused']],
  },
  {
    guarantee: 'A fenced write that loses undoes its transaction and runs it again',
    file: 'src/store/store.ts',
    original: '    if (!(error instanceof LostWriteError)) throw error\n    return work()\n',
    mutant: '    throw error\n',
    killedBy: [
      [FENCE, 'a transaction whose row was written after its read runs once more and is stored'],
    ],
  },
  {
    guarantee: 'A late write does not restore a deleted connection',
    file: 'src/store/queries/connection-writes.ts',
    original: '  if (row === undefined) return { won: false }\n',
    mutant:
      "  if (row === undefined) {\n    await db.insertInto('connections').values(connectionRow(context.cipher, after)).execute()\n    return { won: true }\n  }\n",
    killedBy: [[FENCE, 'a save after a deletion does not restore the connection']],
  },
  {
    guarantee: 'A write that lost the race is not reported as a refresh',
    file: 'src/vault/refresh/save-refresh.ts',
    original:
      '    if (recorded === null) {\n      await dropLateTokens(ports, trx, landing)\n      return null\n    }\n',
    mutant:
      '    if (recorded === null) {\n      await dropLateTokens(ports, trx, landing)\n      return [{ before, after }]\n    }\n',
    killedBy: [[REFRESH, 'the tokens of a late answer for a deleted connection are revoked']],
  },
  {
    guarantee:
      'A late rotation goes to the connection that still holds the refresh token that was sent',
    file: 'src/vault/refresh/save-refresh.ts',
    original:
      '  if (await adoptLateRotation(ports, trx, { attempt, received, open: after.attempt })) return\n',
    mutant: '',
    killedBy: [
      [
        KEPT,
        'a refresh that ends with a rotation after its grant was replaced keeps the shared refresh token and does not revoke it',
      ],
    ],
  },
  {
    guarantee: 'The schedule does not refresh a draft while it is being proven',
    file: 'src/core/refresh/grant.ts',
    original: '  return withGrant(connection, grant, now + PROVE_WITHIN_MS)\n',
    mutant: '  return withGrant(connection, grant, now)\n',
    killedBy: [[KEPT, 'the schedule does not refresh an import while Larder looks up its account']],
  },
  {
    guarantee: 'A disconnected connection is logged',
    file: 'src/vault/refresh/attempt-refresh.ts',
    original: '  reportDisconnected(ports, changes)\n',
    mutant: '',
    killedBy: [[DISCONNECTS, 'a connection that ends as no_refresh_token is logged once']],
  },
  {
    guarantee: 'Tokens that arrive for a deleted or replaced grant are revoked',
    file: 'src/vault/refresh/save-refresh.ts',
    original:
      '  await queueRevocation(ports, trx, { holder: before, refreshToken, accessToken, formerHolder })\n',
    mutant: '',
    killedBy: [
      [REFRESH, 'the tokens of a late answer for a deleted connection are revoked'],
      [RACES, 'a refresh that ends with a rotation does not change a newer grant'],
    ],
  },
  {
    guarantee: 'A refresh starts only if the generation is still the one that was read',
    file: 'src/store/queries/attempts.ts',
    original: "        .where('generation', '=', connection.grant.generation)\n",
    mutant: '',
    killedBy: [[FENCE, 'a refresh attempt does not begin on another generation']],
  },
  {
    guarantee: 'A connection is not refreshed while another attempt holds its lease',
    file: 'src/store/queries/attempts.ts',
    original: "            eb('attempt_id', '=', lease.attempt),\n",
    mutant:
      "            eb('attempt_id', '=', lease.attempt),\n            eb('lease_until', '>', now),\n",
    killedBy: [
      [FENCE, 'a refresh attempt does not begin while another attempt holds the lease (%s)'],
    ],
  },
  {
    guarantee: 'No refresh token is sent before the intent is committed',
    file: 'src/vault/refresh/attempt-refresh.ts',
    original: '  const intent = await ports.store.write(',
    mutant: '  const intent = { won: true }\n  void ports.store.write(',
    killedBy: [[JOURNAL, 'a refresh sends nothing if its attempt cannot be committed: %s']],
  },
  {
    guarantee: 'An attempt that did not get the lease sends nothing',
    file: 'src/vault/refresh/attempt-refresh.ts',
    original: '  if (!intent.won) return resultOfOther(ports, connection)\n',
    mutant: '',
    killedBy: [
      [
        LEASE,
        "a refresh whose lease another process holds sends nothing and returns the holder's result",
      ],
    ],
  },
  {
    guarantee: 'A rotated token is written to the journal before anything else is done with it',
    file: 'src/vault/refresh/attempt-refresh.ts',
    original: '  if (entry !== null) ports.journal.note(entry)\n',
    mutant: '',
    killedBy: [
      [JOURNAL, 'a rotation is in the journal before its commit, and is removed after it'],
    ],
  },
  {
    guarantee: 'A refresh token is sent only by the client that it was issued to',
    file: 'src/vault/refresh/attempt-refresh.ts',
    original: 'return grant.issuedTo === ports.endpoint.clientName(provider, client)',
    mutant: 'return true',
    killedBy: [
      [
        'test/vault/refresh/client-change.test.ts',
        'a grant of a replaced client follows its back-off, and recovers when the client is configured again',
      ],
    ],
  },
  {
    guarantee: 'A refresh sends nothing if the row has changed since it was read',
    file: 'src/vault/refresh/refresh.ts',
    original: "  if (hasMoved(seen, connection)) return { kind: 'refreshed', connection }\n",
    mutant: '',
    killedBy: [[REFRESH, 'a refresh sends nothing if the row was refreshed after it was read']],
  },
  {
    guarantee: 'A connection has one refresh at a time',
    file: 'src/vault/refresh/flights.ts',
    original: '    if (current !== undefined) return current\n',
    mutant: '',
    killedBy: [[FLIGHTS, 'refreshes of one connection that start together share one flight']],
  },
  {
    guarantee: 'A failed refresh does not block the next one',
    file: 'src/vault/refresh/flights.ts',
    original: '      .finally(() => this.#air.delete(id))\n',
    mutant: '',
    killedBy: [[FLIGHTS, 'a flight that fails does not block the next flight']],
  },
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
    guarantee: 'A refresh token is never replayed if the preset forbids it',
    file: 'src/core/connection/provider.ts',
    original: "    case 'never':\n      return false\n",
    mutant: "    case 'never':\n      return true\n",
    killedBy: [
      [
        LOST_ANSWERS,
        'a lost answer is not replayed if the provider revokes on reuse, and the failure has the reason interrupted',
      ],
    ],
  },
  {
    guarantee: 'If an answer has no refresh token, the old one is kept',
    file: 'src/core/refresh/grant.ts',
    original: '    refreshToken: tokens.refreshToken ?? grant.refreshToken,\n',
    mutant: '    refreshToken: tokens.refreshToken,\n',
    killedBy: [[AFTER, 'a refresh without a new refresh token keeps the old one']],
  },
  {
    guarantee: 'A rejected client does not change the state of a connection',
    file: 'src/core/refresh/after-refresh.ts',
    original: '        : steppedBack(common, end)\n',
    mutant: "        : failing(common, 'provider_misconfigured', outcome, end)\n",
    killedBy: [
      [
        REFUSED_CLIENT,
        'a refused client opens the circuit and alerts once, changes no connection, and recovers after one probe',
      ],
    ],
  },
  {
    guarantee: 'A connection whose client was rejected is not always the next to be refreshed',
    file: 'src/core/refresh/after-refresh.ts',
    original: '  return { ...connection, dueAt: Math.max(connection.dueAt, backAt) }\n',
    mutant: '  return connection\n',
    killedBy: [
      [ONE_REFUSED, 'a client that is refused for only one connection delays no other connection'],
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
    guarantee: 'A revocation is not sent if its next try cannot be stored',
    file: 'src/vault/connections/deliver-revocations.ts',
    original: '        await trx.rescheduleRevocation({ ...revocation, dueAt })\n',
    mutant: '',
    killedBy: [
      [
        'test/vault/connections/revocations.test.ts',
        'a revocation is sent once if its outcome cannot be stored, and is not sent if its retry time cannot be stored',
      ],
    ],
  },
  {
    guarantee: 'A queued revocation is not sent if it would end a newer grant',
    file: 'src/vault/connections/deliver-revocations.ts',
    original: 'if (await wouldEndAnother(ports, trx, revocation)) {',
    mutant: 'if (Date.now() < 0) {',
    killedBy: [
      [
        'test/vault/connections/revocations-judged.test.ts',
        'a queued revocation is not sent after a restart if the user has connected the account again',
      ],
    ],
  },
  {
    guarantee: 'A deletion does not revoke a grant if another user has a connection of the account',
    file: 'src/vault/connections/queue-revocation.ts',
    original: "  if (await wouldEndAnother(ports, trx, revocation)) return 'skipped'\n",
    mutant: '',
    killedBy: [
      [
        'test/vault/connections/revocations-judged.test.ts',
        'a deletion revokes a grant only if no other user has a connection of the account',
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
        'test/vault/upkeep/clock.test.ts',
        'after the clock was set back, the stored heartbeat stays in the future until the change is handled',
      ],
    ],
  },
  {
    guarantee:
      'If the outcome of a rotation is unknown, the reason is `interrupted`, not `revoked`',
    file: 'src/core/refresh/after-refresh.ts',
    original: "  if (connection.attempt !== null) return 'interrupted'\n",
    mutant: '',
    killedBy: [
      [
        SPENT,
        'a dead grant gets the reason interrupted if an earlier attempt had an unknown outcome',
      ],
    ],
  },
  {
    guarantee: 'A transient failure never disconnects a connection',
    file: 'src/core/refresh/after-refresh.ts',
    original: "    case 'not_sent':\n      return failing(",
    mutant: "    case 'not_sent':\n      return disconnected(",
    killedBy: [
      [
        AFTER,
        'a refresh that ends as not_sent leaves the grant unchanged and sets the matching status',
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

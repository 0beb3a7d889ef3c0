import type { Mutation } from './mutation.ts'

const FENCE = 'test/store/fence.test.ts'
const RACES = 'test/vault/races.test.ts'
const LEASE = 'test/vault/lease.test.ts'
const REFRESH = 'test/vault/refresh.test.ts'
const FLIGHTS = 'test/vault/flights.test.ts'
const KEPT = 'test/vault/kept-in-the-air.test.ts'
const JOURNAL = 'test/vault/journal.test.ts'
const ONE_REFUSED = 'test/vault/one-refused.test.ts'
const AFTER = 'test/core/after-refresh.test.ts'
const LANES = 'test/vault/lanes.test.ts'
const DUE = 'test/vault/refresh-due.test.ts'

/** From the row that is due to the row that is written. */
export const refreshing: readonly Mutation[] = [
  {
    promise: 'an outcome is written only over the generation it was begun on',
    file: 'src/store/connection-writes.ts',
    original: "    .where('generation', '=', generation)\n",
    mutant: '',
    killedBy: [
      [FENCE, 'that has seen an older generation'],
      [FENCE, 'that has seen a newer generation'],
    ],
  },
  {
    promise: 'an outcome is written only over the grant it was begun on',
    file: 'src/store/connection-writes.ts',
    original: "    .where('grant_id', grantId === null ? 'is' : '=', grantId)\n",
    mutant: '',
    killedBy: [[FENCE, 'that has seen another grant']],
  },
  {
    promise: 'the store says whether a write has won',
    file: 'src/store/connection-writes.ts',
    original: 'return { won: result.numUpdatedRows === 1n }',
    mutant: 'return { won: result.numUpdatedRows >= 0n }',
    killedBy: [[FENCE, 'that has seen an older generation']],
  },
  {
    promise: 'what was deleted stays deleted, whatever a late write brings',
    file: 'src/store/connection-writes.ts',
    original: '  return { won: result.numUpdatedRows === 1n }\n}\n',
    mutant:
      "  if (result.numUpdatedRows === 0n) await db.insertInto('connections').values(connectionRow(cipher, after)).onConflict((oc) => oc.doNothing()).execute()\n  return { won: result.numUpdatedRows === 1n }\n}\n",
    killedBy: [[FENCE, 'of what has been deleted does not bring it back']],
  },
  {
    promise: 'a write that has lost is not announced as a refresh',
    file: 'src/vault/save-refresh.ts',
    original:
      '    if (!won) {\n      await dropLateTokens(ports, trx, landing)\n      return null\n    }\n',
    mutant: '    if (!won) await dropLateTokens(ports, trx, landing)\n',
    killedBy: [[REFRESH, 'for a connection that was deleted revokes what it brought']],
  },
  {
    promise: 'a rotation goes to who has kept the refresh token that was shown',
    file: 'src/vault/save-refresh.ts',
    original:
      '  if (await leaveToHeir(ports, trx, { attempt, received, open: after.attempt })) return\n',
    mutant: '',
    killedBy: [
      [
        KEPT,
        'that ends with a rotation: the refresh token that both live on is neither lost nor revoked',
      ],
    ],
  },
  {
    promise: 'a draft is not refreshed by the schedule before it has its place',
    file: 'src/core/grant.ts',
    original: '  return withGrant(connection, grant, now + PROVE_WITHIN_MS)\n',
    mutant: '  return withGrant(connection, grant, now)\n',
    killedBy: [[KEPT, 'are not refreshed by the schedule on the way to their place']],
  },
  {
    promise: 'a connection that ends is told to operators',
    file: 'src/vault/attempt-refresh.ts',
    original: '  tellDisconnected(ports, changes)\n',
    mutant: '',
    killedBy: [[REFRESH, 'as no_refresh_token']],
  },
  {
    promise: 'tokens that come for a grant that is gone are revoked',
    file: 'src/vault/save-refresh.ts',
    original:
      '  await queueRevocation(ports, trx, { holder: before, refreshToken, accessToken, formerHolder })\n',
    mutant: '',
    killedBy: [
      [REFRESH, 'for a connection that was deleted revokes what it brought'],
      [RACES, 'that ends with a rotation: the newer grant stands, untouched'],
    ],
  },
  {
    promise: 'tokens of a grant that another holder has rotated are left alone',
    file: 'src/vault/save-refresh.ts',
    original: '  if (isSameGrant) return\n',
    mutant: '',
    killedBy: [
      [LEASE, 'a late answer for a grant that somebody else rotated is let go, not revoked'],
    ],
  },
  {
    promise: 'an attempt is begun only on the generation that was read',
    file: 'src/store/attempts.ts',
    original: "        .where('generation', '=', connection.grant.generation)\n",
    mutant: '',
    killedBy: [[FENCE, 'does not begin on another generation']],
  },
  {
    promise: 'nobody refreshes while another holds the lease',
    file: 'src/store/attempts.ts',
    original: "            eb('attempt_id', '=', lease.attempt),\n",
    mutant:
      "            eb('attempt_id', '=', lease.attempt),\n            eb('lease_until', '>', now),\n",
    killedBy: [[FENCE, 'begins while another holds the lease: %s']],
  },
  {
    promise: 'nothing is sent before the intent is on disk',
    file: 'src/vault/attempt-refresh.ts',
    original: '  const intent = await ports.store.write(',
    mutant: '  const intent = { won: true }\n  void ports.store.write(',
    killedBy: [
      [JOURNAL, 'is not begun at all where the intent cannot be written, for %s: nothing is spent'],
    ],
  },
  {
    promise: 'who did not get the lease sends nothing',
    file: 'src/vault/attempt-refresh.ts',
    original: '  if (!intent.won) return outrun(ports, connection)\n',
    mutant: '',
    killedBy: [
      [LEASE, 'who finds the lease taken sends nothing and takes what the holder brought'],
    ],
  },
  {
    promise: 'a rotation is on its way to the disk before anything else is done with it',
    file: 'src/vault/attempt-refresh.ts',
    original: '  if (entry !== null) ports.journal.note(entry)\n',
    mutant: '',
    killedBy: [[JOURNAL, 'is noted before the database has taken it, and forgotten then']],
  },
  {
    promise: 'a refresh token is shown by the client it was issued to alone',
    file: 'src/vault/attempt-refresh.ts',
    original: 'return grant.issuedTo === ports.endpoint.clientName(provider, client)',
    mutant: 'return true',
    killedBy: [
      [
        'test/vault/client-change.test.ts',
        'a grant of another client waits by back-off, and heals when its client is back',
      ],
    ],
  },
  {
    promise: 'a refresh reads the row again and sends nothing if somebody was faster',
    file: 'src/vault/refresh.ts',
    original: "  if (hasMoved(seen, connection)) return { kind: 'refreshed', connection }\n",
    mutant: '',
    killedBy: [[REFRESH, 'sends nothing where somebody else has refreshed meanwhile']],
  },
  {
    promise: 'one refresh of a connection at a time, whoever asks',
    file: 'src/vault/flights.ts',
    original: '    if (current !== undefined) return current\n',
    mutant: '',
    killedBy: [[FLIGHTS, 'who comes while one is in the air flies along']],
  },
  {
    promise: 'a flight that failed does not keep the next one from starting',
    file: 'src/vault/flights.ts',
    original: '      .finally(() => this.#air.delete(id))\n',
    mutant: '',
    killedBy: [[FLIGHTS, 'a flight that fails leaves the way to the next']],
  },
  {
    promise: 'a client that is held stays held when the process ends',
    file: 'src/daemon.ts',
    original: 'new Lanes(clock, policy, await store.circuits())',
    mutant: 'new Lanes(clock, policy, [])',
    killedBy: [
      [
        'test/process/circuit.test.ts',
        'a refusal holds the client in the next process as it did in this one',
      ],
    ],
  },
  {
    promise: 'connections in trouble leave a slot to the others',
    file: 'src/vault/lanes.ts',
    original: 'concurrency: Math.max(1, concurrency - 1) }',
    mutant: 'concurrency }',
    killedBy: [[LANES, 'those in trouble leave a slot to the others, however many are asked for']],
  },
  {
    promise: 'what is asked for goes before what is scheduled',
    file: 'src/vault/lanes.ts',
    original: "const priority = task.urgency === 'asked' ? 1 : ",
    mutant: 'const priority = ',
    killedBy: [
      [LANES, 'what is asked for passes fifty that are only scheduled'],
      [DUE, 'what is asked for goes to the provider before all that is only due'],
    ],
  },
  {
    promise: 'no client at a provider waits for another',
    file: 'src/vault/lanes.ts',
    original: 'const known = this.#lanes.get(client)\n',
    mutant: 'const known = this.#lanes.values().next().value\n',
    killedBy: [
      [LANES, 'those that hang keep nobody of another client waiting'],
      [DUE, 'a provider that hangs with two hundred due keeps no other provider waiting'],
    ],
  },
  {
    promise: 'after a start the schedule works up to its rate',
    file: 'src/vault/lanes.ts',
    original: 'const ramp = Math.min(1, FIRST_SHARE + (1 - FIRST_SHARE) * age)\n',
    mutant: 'const ramp = 1\n',
    killedBy: [
      [LANES, 'of a hundred a second the schedule has, at 0 s, 10'],
      [
        DUE,
        'after a start a scan begins with few, second by second with more; a reader waits for none of it',
      ],
    ],
  },
  {
    promise: 'a spent token is never shown twice where the provider punishes it',
    file: 'src/core/provider.ts',
    original: "    case 'never':\n      return false\n",
    mutant: "    case 'never':\n      return true\n",
    killedBy: [
      [
        REFRESH,
        'is not asked for again where the provider punishes it; the user is told that it was interrupted',
      ],
    ],
  },
  {
    promise: 'a refresh token that was not sent stays the old one',
    file: 'src/core/grant.ts',
    original: '    refreshToken: tokens.refreshToken ?? grant.refreshToken,\n',
    mutant: '    refreshToken: tokens.refreshToken,\n',
    killedBy: [[AFTER, 'without a refresh token keeps the old one']],
  },
  {
    promise: 'a client that is refused harms no connection',
    file: 'src/core/after-refresh.ts',
    original: '        : steppedBack(common, end)\n',
    mutant: "        : failing(common, 'provider_misconfigured', outcome, end)\n",
    killedBy: [
      [REFRESH, 'holds the provider, harms no connection, raises one alarm, and one probe ends it'],
    ],
  },
  {
    promise: 'one that is refused is not always the next to be asked',
    file: 'src/core/after-refresh.ts',
    original: '  return { ...connection, dueAt: Math.max(connection.dueAt, backAt) }\n',
    mutant: '  return connection\n',
    killedBy: [
      [
        ONE_REFUSED,
        'one whose client alone is refused keeps nobody from theirs, by schedule or reader',
      ],
    ],
  },
  {
    promise: 'what is gone where one connection leads holds no other',
    file: 'src/core/circuit.ts',
    original:
      "      return outcome.isOwn === true ? circuit : opened(circuit, 'misconfigured', 0, at)\n",
    mutant: "      return opened(circuit, 'misconfigured', 0, at)\n",
    killedBy: [[ONE_REFUSED, '%s where its own parameter leads is the connection’s own']],
  },
  {
    promise: 'nothing that was in the air ends a Retry-After',
    file: 'src/core/circuit.ts',
    original: "  if (isAskedToWait && outcome.kind !== 'throttled') return circuit\n",
    mutant: '',
    killedBy: [
      ['test/core/circuit.test.ts', 'an answer that was in the air (%s) ends no Retry-After'],
    ],
  },
  {
    promise: 'a revocation is not sent that cannot be written down',
    file: 'src/vault/deliver-revocations.ts',
    original: '        await trx.rescheduleRevocation({ ...revocation, dueAt })\n',
    mutant: '',
    killedBy: [
      [
        'test/vault/revocations.test.ts',
        'nothing is sent that cannot be written down, nor twice where the outcome cannot be',
      ],
    ],
  },
  {
    promise: 'a queued revocation that would end a newer grant is not sent',
    file: 'src/vault/deliver-revocations.ts',
    original: 'if (await wouldEndAnother(ports, trx, revocation)) {',
    mutant: 'if (Date.now() < 0) {',
    killedBy: [['test/vault/revocations-judged.test.ts', 'after a restart either']],
  },
  {
    promise: 'a grant that another user of the account holds is not ended by a deletion',
    file: 'src/vault/queue-revocation.ts',
    original: "  if (await wouldEndAnother(ports, trx, revocation)) return 'skipped'\n",
    mutant: '',
    killedBy: [
      [
        'test/vault/revocations-judged.test.ts',
        'is revoked only when no other user has a connection of the account',
      ],
    ],
  },
  {
    promise: 'that the clock was set back is not forgotten before all has followed it',
    file: 'src/store/store.ts',
    original: "        .when('heartbeat_at', '>', now)\n",
    mutant: "        .when('heartbeat_at', '<', 0)\n",
    killedBy: [
      [
        'test/vault/clock.test.ts',
        'that the clock was set back is known until everything has followed it',
      ],
    ],
  },
  {
    promise: 'a rotation whose outcome is unknown is called interrupted, not revoked',
    file: 'src/core/after-refresh.ts',
    original: "  if (end.unresolved || connection.attempt !== null) return 'interrupted'\n",
    mutant: '',
    killedBy: [[AFTER, 'makes of a dead grant an interrupted one']],
  },
  {
    promise: 'nothing that passes disconnects anybody',
    file: 'src/core/after-refresh.ts',
    original: "    case 'not_sent':\n      return failing(",
    mutant: "    case 'not_sent':\n      return disconnected(",
    killedBy: [[AFTER, 'not_sent']],
  },
  {
    promise: 'no token is served that ends before it was asked to',
    file: 'src/core/refresh-policy.ts',
    original: 'remaining(token, now) >= wanted.ttlMs',
    mutant: 'remaining(token, now) >= -wanted.ttlMs',
    killedBy: [
      [
        'test/core/refresh-policy.test.ts',
        'never serves less than was asked for, nor a rejected or a dead token',
      ],
    ],
  },
  {
    promise: 'the deadline lies below the lease, whatever the settings say',
    file: 'src/config/refresh-settings.ts',
    original: '  if (settings.leaseSeconds < 2 * settings.deadlineSeconds + 5) {\n',
    mutant: '  if (settings.leaseSeconds < 0) {\n',
    killedBy: [
      [
        'test/config/larder-file.test.ts',
        '"refresh: { deadlineSeconds: 30 }" is refused by its path and never repeated',
      ],
    ],
  },
  {
    promise: 'the deadline lies below the lease where nobody sets them',
    file: 'src/core/refresh-policy.ts',
    original: '  leaseMs: 60_000,\n',
    mutant: '  leaseMs: 20_000,\n',
    killedBy: [
      [
        'test/config/environment.test.ts',
        'without settings but keys, everything has the default of the contract',
      ],
    ],
  },
  {
    promise: 'the deadline of the settings is the one that holds',
    file: 'src/daemon.ts',
    original: '      deadlineMs: policy.deadlineMs,\n    }),',
    mutant: '    }),',
    killedBy: [
      [
        'test/e2e/deadline.test.ts',
        'a provider that never answers is left at the deadline of the settings, well within the lease',
      ],
    ],
  },
]

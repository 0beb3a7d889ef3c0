import type { Mutation } from './mutation.ts'

const FENCE = 'test/store/fence.test.ts'
const RACES = 'test/vault/refresh/races.test.ts'
const LEASE = 'test/vault/refresh/lease.test.ts'
const REFRESH = 'test/vault/refresh/refresh.test.ts'
const DISCONNECTS = 'test/vault/refresh/disconnects.test.ts'
const FLIGHTS = 'test/vault/refresh/flights.test.ts'
const KEPT = 'test/vault/refresh/kept-during-refresh.test.ts'
const JOURNAL = 'test/vault/refresh/journal.test.ts'

/** One refresh, from the due row to the committed result. */
export const refreshing: readonly Mutation[] = [
  {
    guarantee: 'The outcome of a refresh is written only if the generation has not changed',
    file: 'src/store/queries/connection-writes.ts',
    original: '{ id: before.id, grant_id: grantId, generation }\n',
    mutant: '{ id: before.id, grant_id: grantId }\n',
    killedBy: [
      [FENCE, 'a save based on an older generation is refused'],
      [FENCE, 'a save based on a newer generation is refused'],
    ],
  },
  {
    guarantee: 'The outcome of a refresh is written only if the grant has not changed',
    file: 'src/store/queries/connection-writes.ts',
    original: '{ id: before.id, grant_id: grantId, generation }\n',
    mutant: '{ id: before.id, generation }\n',
    killedBy: [[FENCE, 'a save based on another grant is refused']],
  },
  {
    guarantee: 'The store reports whether a fenced write changed a row',
    file: 'src/store/sql/write-row.ts',
    original: '  return numAffectedRows === 1n\n',
    mutant: '  return numAffectedRows !== undefined\n',
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
    original: 'generation: grant.generation, ',
    mutant: '',
    killedBy: [[FENCE, 'a refresh attempt does not begin on another generation']],
  },
  {
    guarantee: 'A connection is not refreshed while another attempt holds its lease',
    file: 'src/store/queries/attempts.ts',
    original:
      '  return lease_until === null || lease_until <= now || attempt_id === lease.attempt\n',
    mutant: '  return true\n',
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
]

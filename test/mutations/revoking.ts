import type { Mutation } from './mutation.ts'

/** Which grants are revoked, and when. */
export const revoking: readonly Mutation[] = [
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
]

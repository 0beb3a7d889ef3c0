import type { Mutation } from './mutation.ts'

const LOST_ANSWERS = 'test/vault/refresh/lost-answers.test.ts'
const REFUSED_CLIENT = 'test/vault/refresh/refused-client.test.ts'
const ONE_REFUSED = 'test/vault/refresh/one-refused.test.ts'
const AFTER = 'test/core/refresh/after-refresh.test.ts'
const SPENT = 'test/core/refresh/spent-refresh-token.test.ts'

/** What the result of a refresh changes in a connection. */
export const outcomes: readonly Mutation[] = [
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
    original:
      '  return { ...connection, dueAt: isDue ? backAt : Math.max(connection.dueAt, backAt) }\n',
    mutant: '  return connection\n',
    killedBy: [
      [ONE_REFUSED, 'a client that is refused for only one connection delays no other connection'],
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
]

import type { Mutation } from './mutation.ts'

const EGRESS = 'test/oauth/egress.test.ts'
const ODD = 'test/vault/odd-http.test.ts'

/** The door to providers. */
export const egress: readonly Mutation[] = [
  {
    promise: 'no redirect is followed with a token in the body',
    file: 'src/oauth/egress.ts',
    original: 'return resultOf(exchanged, sentAt)\n',
    mutant:
      "const to = exchanged.kind === 'sent' ? exchanged.head?.fields.get('location')?.[0] : undefined\n    const url = to === undefined ? null : URL.parse(to, request.url)\n    return url === null ? resultOf(exchanged, sentAt) : resultOf(await exchange({ ...request, url }, { connector, deadlineMs, bodyLimit: BODY_LIMIT }), sentAt)\n",
    killedBy: [[EGRESS, 'a %s is an answer, not a way to another host']],
  },
  {
    promise: 'an exchange has one end, however the answer drips',
    file: 'src/outgoing/exchange.ts',
    original: "  signal.addEventListener('abort', onAbort)\n",
    mutant: '\n',
    killedBy: [[EGRESS, 'a body that drips for ever ends with the one deadline']],
  },
  {
    promise: 'plain http goes where the settings allow it alone',
    file: 'src/oauth/address-guard.ts',
    original: "(url.protocol === 'http:' && mayBePlain)\n",
    mutant: "url.protocol === 'http:'\n",
    killedBy: [[EGRESS, 'plain http goes to a spelled out loopback address and nowhere else']],
  },
  {
    promise: 'plain http goes to no address on the internet',
    file: 'src/oauth/address-guard.ts',
    original: "(url.protocol === 'https:' || !mayReach(address, 'public'))\n",
    mutant: 'url !== null\n',
    killedBy: [[EGRESS, 'http to the name %s, reach %s, which leads to %j, is %s']],
  },
  {
    promise: 'it does not start where the guard is not in force',
    file: 'src/oauth/egress.ts',
    original: "  if (result.reason === 'blocked') return\n",
    mutant: '  return\n',
    killedBy: [[EGRESS, 'it does not open where the guard lets a blocked address through']],
  },
  {
    promise: 'a name that leads into a private network is not connected to',
    file: 'src/oauth/guarded-connector.ts',
    original: '!addresses.every(({ address }) => isAllowed(address))',
    mutant: 'addresses.length === 0',
    killedBy: [[EGRESS, 'a name that leads to %s is refused']],
  },
  {
    promise: 'a literal private address is not connected to',
    file: 'src/oauth/guarded-connector.ts',
    original: '    if (isIP(host) !== 0 && !isAllowed(host)) throw new Blocked()\n',
    mutant: '\n',
    killedBy: [[EGRESS, 'the literal %s is refused before anything is sent']],
  },
  {
    promise: 'a certificate that nobody vouches for is not spoken to',
    file: 'src/outgoing/connect.ts',
    original: 'rejectUnauthorized: true',
    mutant: 'rejectUnauthorized: false',
    killedBy: [
      ['test/oauth/egress-tls.test.ts', 'a certificate of an unknown authority: nothing is sent'],
    ],
  },
  {
    promise: 'an informational answer is not taken for the answer',
    file: 'src/outgoing/answer-reader.ts',
    original: '    if (status < 200) return\n',
    mutant: '\n',
    killedBy: [[ODD, 'a rotation in an answer %s is saved']],
  },
  {
    promise: 'a body does not grow beyond the cap when it is decoded',
    file: 'src/oauth/decode-body.ts',
    original: "=== 'ERR_BUFFER_TOO_LARGE' ? null : body\n",
    mutant: "=== '' ? null : body\n",
    killedBy: [[EGRESS, 'of a body that grows beyond the cap under %s nothing is kept']],
  },
  {
    promise: 'a refresh token is not sent again at once after an answer began',
    file: 'src/vault/present-token.ts',
    original: '  if (first.outcome.answerBegan === true) return { ...first, unresolved: isLost }\n',
    mutant: '\n',
    killedBy: [[ODD, 'after %s the refresh token is not sent again at once']],
  },
  {
    promise: 'an answer with two different errors ends no grant',
    file: 'src/oauth/read-answer.ts',
    original: 'const value = brings ? read.latest : read.value\n',
    mutant: 'const value = read.latest\n',
    killedBy: [[ODD, 'an answer with two different errors ends none']],
  },
]

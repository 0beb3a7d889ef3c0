import type { Mutation } from './mutation.ts'

const ANSWERS = 'test/oauth/egress/egress-answers.test.ts'
const ADDRESSES = 'test/oauth/egress/egress-addresses.test.ts'
const ODD = 'test/vault/refresh/odd-http.test.ts'

/** Requests to providers: addresses, deadlines, and how an answer is read. */
export const egress: readonly Mutation[] = [
  {
    guarantee: 'A request with a token in its body follows no redirect',
    file: 'src/oauth/egress/egress.ts',
    original: 'return resultOf(exchanged, sentAt)\n',
    mutant:
      "const to = exchanged.kind === 'sent' ? exchanged.head?.fields.get('location')?.[0] : undefined\n    const url = to === undefined ? null : URL.parse(to, request.url)\n    return url === null ? resultOf(exchanged, sentAt) : resultOf(await exchange({ ...request, url }, { connector, deadlineMs, bodyLimit: BODY_LIMIT }), sentAt)\n",
    killedBy: [[ANSWERS, 'a redirect %s is returned as an answer and not followed']],
  },
  {
    guarantee: 'The deadline ends an exchange, however slowly the answer arrives',
    file: 'src/outgoing/exchange.ts',
    original: "  signal.addEventListener('abort', onAbort)\n",
    mutant: '\n',
    killedBy: [[ANSWERS, 'a body that drips endlessly ends at the deadline of the request']],
  },
  {
    guarantee: 'Plain http is used only if the settings allow it',
    file: 'src/oauth/egress/address-guard.ts',
    original: "(url.protocol === 'http:' && mayBePlain)\n",
    mutant: "url.protocol === 'http:'\n",
    killedBy: [[ADDRESSES, 'plain http is sent only to a literal loopback address']],
  },
  {
    guarantee: 'Plain http is never used for an address on the internet',
    file: 'src/oauth/egress/address-guard.ts',
    original: "(url.protocol === 'https:' || !mayReach(address, 'public'))\n",
    mutant: 'url !== null\n',
    killedBy: [[ADDRESSES, 'an http request to the name %s with reach %s, resolved to %s, is %s']],
  },
  {
    guarantee: 'Larder does not start if the address guard does not block',
    file: 'src/oauth/egress/egress.ts',
    original: "  if (result.reason === 'blocked') return\n",
    mutant: '  return\n',
    killedBy: [
      [
        ADDRESSES,
        'the start check of the address guard fails if the guard lets a blocked address through',
      ],
    ],
  },
  {
    guarantee: 'A host name that resolves to a private address is not connected to',
    file: 'src/oauth/egress/guarded-connector.ts',
    original: '!addresses.every(({ address }) => isAllowed(address))',
    mutant: 'addresses.length === 0',
    killedBy: [[ADDRESSES, 'a request to a name that resolves to %s is blocked']],
  },
  {
    guarantee: 'A private address in a URL is not connected to',
    file: 'src/oauth/egress/guarded-connector.ts',
    original: '    if (isIP(host) !== 0 && !isAllowed(host)) throw new Blocked()\n',
    mutant: '\n',
    killedBy: [[ADDRESSES, 'a request to %s is blocked before anything is sent']],
  },
  {
    guarantee: 'A server with an untrusted certificate receives no request',
    file: 'src/outgoing/connect.ts',
    original: 'rejectUnauthorized: true',
    mutant: 'rejectUnauthorized: false',
    killedBy: [
      [
        'test/oauth/egress/egress-tls.test.ts',
        'nothing is sent to a server with a certificate of an unknown authority',
      ],
    ],
  },
  {
    guarantee: 'A 1xx answer does not count as the final answer',
    file: 'src/outgoing/answer-reader.ts',
    original: '    if (status < 200) return\n',
    mutant: '\n',
    killedBy: [[ODD, 'a rotation is saved from an answer %s']],
  },
  {
    guarantee: 'A body that exceeds the size limit after decoding is dropped',
    file: 'src/oauth/answer/decode-body.ts',
    original: "=== 'ERR_BUFFER_TOO_LARGE' ? null : body\n",
    mutant: "=== '' ? null : body\n",
    killedBy: [[ANSWERS, 'a body that exceeds the limit after decoding %s is discarded']],
  },
  {
    guarantee: 'After an answer has begun, the refresh token is not sent again at once',
    file: 'src/vault/refresh/send-refresh-token.ts',
    original: "  if (outcome.kind === 'answer_lost' && outcome.began) return first\n",
    mutant: '\n',
    killedBy: [[ODD, 'after %s the refresh token is not sent again at once']],
  },
  {
    guarantee: 'An answer with two different errors never ends a grant',
    file: 'src/oauth/answer/read-answer.ts',
    original: 'const value = brings ? read.latest : read.value\n',
    mutant: 'const value = read.latest\n',
    killedBy: [[ODD, 'a repeated error ends a grant, and two different errors do not']],
  },
]

import type { Mutation } from './mutation.ts'

const LINKS = 'test/store/links.test.ts'
const CONNECT = 'test/vault/connect.test.ts'
const CALLBACK = 'test/http/public-callback.test.ts'
const JOURNEY = 'test/oauth/journey.test.ts'
const DOOR = 'test/http/private-door.test.ts'

/** Who may come in, and for whom. */
export const doors: readonly Mutation[] = [
  {
    promise: 'a state is good for one callback',
    file: 'src/store/flows.ts',
    original: "await db.deleteFrom('flows').where('id', '=', row.id).executeTakeFirst()",
    mutant: 'await Promise.resolve({ numDeletedRows: 1n })',
    killedBy: [
      [LINKS, 'come back once, and only to the browser that began them'],
      [CONNECT, 'is good for one time, also where two come at once'],
    ],
  },
  {
    promise: 'a callback counts in the browser that began it alone',
    file: 'src/store/flows.ts',
    original: "    .where('browser_hash', by.browserHash === null ? 'is' : '=', by.browserHash)\n",
    mutant: '',
    killedBy: [
      [LINKS, 'come back once, and only to the browser that began them'],
      [CONNECT, 'in another browser gets nowhere, and the first can still finish'],
    ],
  },
  {
    promise: 'a state ends with its time',
    file: 'src/store/flows.ts',
    original: "    .where('expires_at', '>', by.now)\n",
    mutant: '',
    killedBy: [[LINKS, 'come back once, and only to the browser that began them']],
  },
  {
    promise: 'the answer of one provider is not taken on the callback of another',
    file: 'src/vault/finish-authorization.ts',
    original: '    if (flow !== null && flow.provider !== provider.id) throw unknownFlow()\n',
    mutant: '',
    killedBy: [[CALLBACK, 'a callback with %s changes nothing, and the right one still counts']],
  },
  {
    promise: 'a callback by HEAD redeems nothing',
    file: 'src/http/public/callback-routes.ts',
    original: "  if (isAhead || ctx.method === 'HEAD') throw",
    mutant: '  if (isAhead) throw',
    killedBy: [[CALLBACK, 'a callback with %s changes nothing, and the right one still counts']],
  },
  {
    promise: 'a callback that a browser loads in advance redeems nothing',
    file: 'src/http/public/callback-routes.ts',
    original: "  if (isAhead || ctx.method === 'HEAD') throw",
    mutant: "  if (ctx.method === 'HEAD') throw",
    killedBy: [[CALLBACK, 'a callback with %s changes nothing, and the right one still counts']],
  },
  {
    promise: 'an answer without the issuer that the metadata promises redeems no code',
    file: 'src/oauth/endpoints.ts',
    original:
      'recipe.requiresIss || metadata.authorization_response_iss_parameter_supported === true',
    mutant: 'recipe.requiresIss',
    killedBy: [
      [
        JOURNEY,
        '`iss` of another issuer, or none where the metadata promises one, redeems no code',
      ],
    ],
  },
  {
    promise: 'the proof of possession is S256, always',
    file: 'src/oauth/requests.ts',
    original: "    params.set('code_challenge_method', 'S256')\n",
    mutant: "    params.set('code_challenge_method', 'plain')\n",
    killedBy: [
      [
        JOURNEY,
        'the authorization request carries PKCE S256, state, nonce and consent for offline access',
      ],
    ],
  },
  {
    promise: 'only the user that the link was made for is confirmed',
    file: 'src/vault/confirm-link.ts',
    original: 'if (isLate || link.request.userId !== demand.userId) {',
    mutant: 'if (isLate) {',
    killedBy: [[CONNECT, 'confirmed for another user, the grant is revoked and wiped']],
  },
  {
    promise: 'only the browser that consented brings the completion',
    file: 'src/vault/confirm-link.ts',
    original:
      'return timingSafeEqual(Buffer.from(digest(completion)), Buffer.from(waiting.completionHash))',
    mutant:
      'return timingSafeEqual(Buffer.from(digest(completion)), Buffer.from(digest(completion)))',
    killedBy: [[CONNECT, 'nobody is served before the app has confirmed']],
  },
  {
    promise: 'a code is redeemed in the session of its own user alone',
    file: 'src/vault/complete-headless.ts',
    original: '  if (flow.request.userId !== demand.userId) {\n',
    mutant: '  if (flow.request.userId === undefined) {\n',
    killedBy: [[CONNECT, 'another user’s session is refused, the code not redeemed']],
  },
  {
    promise: 'a flow begins only from the page that this browser was shown',
    file: 'src/http/public/connect-routes.ts',
    original:
      "if (browserId === null || !sameDigest(form.get('token'), formToken(ports, browserId, secret))) {",
    mutant: 'if (browserId === null) {',
    killedBy: [
      ['test/http/public-form.test.ts', 'a form with %s starts nothing'],
      ['test/http/public-form.test.ts', 'the token of one link opens no other'],
    ],
  },
  {
    promise: 'a form that comes from another site starts nothing',
    file: 'src/http/public/connect-routes.ts',
    original: "  if (ctx.get('sec-fetch-site') === 'cross-site')\n",
    mutant: "  if (ctx.get('sec-fetch-site') === 'elsewhere')\n",
    killedBy: [['test/http/public-form.test.ts', 'a form with %s starts nothing']],
  },
  {
    promise: 'users are sent back to allowed addresses alone',
    file: 'src/core/redirect-url.ts',
    original: 'allowed === null || allowed.protocol !== url.protocol || allowed.host !== url.host',
    mutant: 'allowed === null || allowed.protocol !== url.protocol',
    killedBy: [['test/core/redirect-url.test.ts', 'a user may not be sent to %s']],
  },
  {
    promise: 'the private API answers to its own names alone',
    file: 'src/http/guard.ts',
    original: "    if (!isAnswered || !url?.startsWith('/')) {\n",
    mutant: "    if (!url?.startsWith('/')) {\n",
    killedBy: [
      ['test/http/private-host.test.ts', 'does not answer to the host "%s"'],
      [DOOR, 'answers to no foreign host'],
    ],
  },
  {
    promise: 'the private API answers no browser',
    file: 'src/http/guard.ts',
    original:
      "    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {\n",
    mutant: "    if (headers['sec-fetch-site'] !== undefined) {\n",
    killedBy: [[DOOR, 'answers no page of the origin "%s"']],
  },
  {
    promise: 'nobody is served without a key',
    file: 'src/http/guard.ts',
    original: '  if (caller === null) {\n',
    mutant: '  if (caller === undefined) {\n',
    killedBy: [[DOOR, 'asks for a key, and takes none from "%s"']],
  },
  {
    promise: 'a key does what it may and nothing else',
    file: 'src/http/guard.ts',
    original: '  if (!holds(caller, permission)) {\n',
    mutant: '  if (permission === undefined) {\n',
    killedBy: [[DOOR, 'asks for %s, which the others do not imply']],
  },
  {
    promise: 'a key sees its own users alone',
    file: 'src/http/guard.ts',
    original: "    if (typeof userId === 'string' && !reachesUser(caller, userId)) {\n",
    mutant: "    if (typeof userId === 'number') {\n",
    killedBy: [[DOOR, 'shows a narrowed key nothing of another user']],
  },
]

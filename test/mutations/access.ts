import type { Mutation } from './mutation.ts'

const LINKS = 'test/store/links.test.ts'
const CALLBACKS = 'test/vault/connect/callbacks.test.ts'
const APP_CALLBACKS = 'test/vault/connect/app-callbacks.test.ts'
const CONFIRMATIONS = 'test/vault/connect/confirmations.test.ts'
const CALLBACK = 'test/http/public/callback.test.ts'
const JOURNEY = 'test/oauth/methods/journey.test.ts'
const DOOR = 'test/http/private/door.test.ts'

/** Which callbacks, forms and API requests are accepted. */
export const access: readonly Mutation[] = [
  {
    guarantee: 'A state is valid for one callback',
    file: 'src/store/queries/flows.ts',
    original: "await db.deleteFrom('flows').where('id', '=', row.id).executeTakeFirst()",
    mutant: 'await Promise.resolve({ numDeletedRows: 1n })',
    killedBy: [
      [LINKS, 'a flow can be taken once, and only by the browser that began it'],
      [CALLBACKS, 'only one of two callbacks at the same time redeems the code'],
    ],
  },
  {
    guarantee: 'A callback is accepted only from the browser that started the flow',
    file: 'src/store/queries/flows.ts',
    original: "    .where('browser_hash', by.browserHash === null ? 'is' : '=', by.browserHash)\n",
    mutant: '',
    killedBy: [
      [LINKS, 'a flow can be taken once, and only by the browser that began it'],
      [
        CALLBACKS,
        'a callback in another browser is refused, and the browser that began the flow can still finish',
      ],
    ],
  },
  {
    guarantee: 'An expired state is not accepted',
    file: 'src/store/queries/flows.ts',
    original: "    .where('expires_at', '>', by.now)\n",
    mutant: '',
    killedBy: [[LINKS, 'a flow can be taken once, and only by the browser that began it']],
  },
  {
    guarantee: "One provider's answer is not accepted on the callback of another",
    file: 'src/vault/connect/finish-page-flow.ts',
    original: '    if (flow !== null && flow.provider !== provider.id) throw unknownFlow()\n',
    mutant: '',
    killedBy: [[CALLBACK, 'a callback with %s is rejected and changes nothing']],
  },
  {
    guarantee: 'A callback by HEAD redeems no code',
    file: 'src/http/public/callback-routes.ts',
    original: "  if (isAhead || ctx.method === 'HEAD') throw",
    mutant: '  if (isAhead) throw',
    killedBy: [[CALLBACK, 'a callback with %s is rejected and changes nothing']],
  },
  {
    guarantee: 'A prefetched callback redeems no code',
    file: 'src/http/public/callback-routes.ts',
    original: "  if (isAhead || ctx.method === 'HEAD') throw",
    mutant: "  if (ctx.method === 'HEAD') throw",
    killedBy: [[CALLBACK, 'a callback with %s is rejected and changes nothing']],
  },
  {
    guarantee: 'A callback without `iss` redeems no code if the metadata promises `iss`',
    file: 'src/oauth/request/endpoint-addresses.ts',
    original:
      'recipe.requiresIss || metadata.authorization_response_iss_parameter_supported === true',
    mutant: 'recipe.requiresIss',
    killedBy: [
      [
        JOURNEY,
        'no code is redeemed if `iss` names another issuer, or is missing although the metadata promises it',
      ],
    ],
  },
  {
    guarantee: 'The PKCE challenge method is always S256',
    file: 'src/oauth/request/authorization-url.ts',
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
    guarantee: 'A link is confirmed only for the user that it was created for',
    file: 'src/vault/connect/confirm-link.ts',
    original: 'if (isLate || link.request.userId !== userId) {',
    mutant: 'if (isLate) {',
    killedBy: [[CONFIRMATIONS, 'a confirmation for another user removes the grant and revokes it']],
  },
  {
    guarantee: 'A link is confirmed only with the completion from the browser that consented',
    file: 'src/vault/connect/confirm-link.ts',
    original: 'if (!timingSafeEqual(given, expected)) throw',
    mutant: 'if (!timingSafeEqual(given, given)) throw',
    killedBy: [
      [CONFIRMATIONS, 'a token read returns confirmation_required until the app has confirmed'],
    ],
  },
  {
    guarantee: 'The code of an API flow is redeemed only for the user who started the flow',
    file: 'src/vault/connect/finish-api-flow.ts',
    original: '  if (flow.request.userId !== userId) {\n',
    mutant: '  if (flow.request.userId === undefined) {\n',
    killedBy: [
      [
        APP_CALLBACKS,
        'a flow that the API began is refused in the session of another user, and its code is not redeemed',
      ],
    ],
  },
  {
    guarantee: 'A flow starts only from the page that this browser received',
    file: 'src/http/public/connect-routes.ts',
    original:
      "if (browserId === null || !sameDigest(form.get('token'), formToken(ports, browserId, secret))) {",
    mutant: 'if (browserId === null) {',
    killedBy: [
      ['test/http/public/form.test.ts', 'a form with %s starts no flow'],
      ['test/http/public/form.test.ts', 'the form token of one link is rejected for another link'],
    ],
  },
  {
    guarantee: 'A form from another site starts no flow',
    file: 'src/http/public/connect-routes.ts',
    original: "  if (ctx.get('sec-fetch-site') === 'cross-site')\n",
    mutant: "  if (ctx.get('sec-fetch-site') === 'elsewhere')\n",
    killedBy: [['test/http/public/form.test.ts', 'a form with %s starts no flow']],
  },
  {
    guarantee: 'Users are redirected only to allowed addresses',
    file: 'src/core/connect/redirect-url.ts',
    original: 'allowed === null || allowed.protocol !== url.protocol || allowed.host !== url.host',
    mutant: 'allowed === null || allowed.protocol !== url.protocol',
    killedBy: [['test/core/connect/redirect-url.test.ts', 'a user may not be redirected to %s']],
  },
  {
    guarantee: 'The private API answers only to its own host names',
    file: 'src/http/private/authorize.ts',
    original: "    if (!isAnswered || !url?.startsWith('/')) {\n",
    mutant: "    if (!url?.startsWith('/')) {\n",
    killedBy: [
      [
        'test/http/private/host.test.ts',
        'a request with the Host "%s" is rejected with 421, and the host is not quoted',
      ],
      [DOOR, 'a request for a foreign host is rejected with 421'],
    ],
  },
  {
    guarantee: 'The private API answers no request from a browser',
    file: 'src/http/private/authorize.ts',
    original:
      "    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {\n",
    mutant: "    if (headers['sec-fetch-site'] !== undefined) {\n",
    killedBy: [[DOOR, 'a request with the Origin "%s" is rejected with 403']],
  },
  {
    guarantee: 'The private API answers no request without a key',
    file: 'src/http/private/authorize.ts',
    original: '  if (caller === null) {\n',
    mutant: '  if (caller === undefined) {\n',
    killedBy: [[DOOR, 'a request with the Authorization "%s" is rejected with 401']],
  },
  {
    guarantee: 'A key allows only the operations that it has permissions for',
    file: 'src/http/private/authorize.ts',
    original: '  if (!holds(caller, permission)) {\n',
    mutant: '  if (permission === undefined) {\n',
    killedBy: [[DOOR, 'a request with all permissions but %s is rejected with 403']],
  },
  {
    guarantee: 'A narrowed key reaches only its own users',
    file: 'src/http/private/authorize.ts',
    original: "    if (typeof userId === 'string' && !reachesUser(caller, userId)) {\n",
    mutant: "    if (typeof userId === 'number') {\n",
    killedBy: [[DOOR, 'a narrowed key gets 404 for another user']],
  },
  {
    guarantee: "An import cannot take a refresh token that waits for the app's confirmation",
    file: 'src/vault/import/import-tokens.ts',
    original: "  if (!isLive(holder)) throw new VaultError('conflict', TOKEN_OF_ANOTHER)\n",
    mutant: '  if (!isLive(holder)) return null\n',
    killedBy: [
      [
        'test/vault/import/shared-refresh-token.test.ts',
        'an import for another user of a refresh token that waits for confirmation is a conflict, and the app can still confirm',
      ],
    ],
  },
  {
    guarantee: 'Tokens of two accounts are refused even if their import names no account',
    file: 'src/vault/refresh/judge-owner.ts',
    original: '!sameAccount(before.account, asked.account)',
    mutant: 'isOtherAccount(before.account, asked.account)',
    killedBy: [
      [
        'test/vault/import/two-accounts.test.ts',
        'tokens of two accounts are refused at the first refresh of a batch item without an account',
      ],
    ],
  },
  {
    guarantee: 'Connections share a grant only if it was issued to their client',
    file: 'src/core/refresh/shared-grant.ts',
    original: ' && a.issuedTo === b.issuedTo',
    mutant: '',
    killedBy: [
      [
        'test/core/refresh/shared-grant.test.ts',
        'whether a refresh of one grant ends another is known: another client',
      ],
    ],
  },
]

import type { Preset } from '../recipe/preset-schema.ts'

export const github = {
  name: 'GitHub (OAuth app)',
  documentation: {
    url: 'https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    verifiedOn: '2026-08-23',
    checkedOn: '2026-11-27',
    unverified: ['errors.throttled', 'revocation', 'refreshTokens.perAccount'],
  },
  authorizationEndpoint: 'https://github.com/login/oauth/authorize',
  tokenEndpoint: 'https://github.com/login/oauth/access_token',
  userinfoEndpoint: 'https://api.github.com/user',
  clientAuth: 'post',
  identityScopes: ['read:user', 'user:email'],
  loginHintParam: 'login',
  // If this header is missing, the answer is form-encoded.
  tokenRequestHeaders: { Accept: 'application/json' },
  answer: { scopeSeparator: ',' },
  account: { id: 'id', email: 'email', name: ['name', 'login'] },
  emailRequest: {
    url: 'https://api.github.com/user/emails',
    email: '[primary].email',
    emailVerified: '[primary].verified',
  },
  // Errors have status 200.
  errors: {
    dead: [{ where: { error: ['bad_verification_code'] } }],
    config: [{ where: { error: ['incorrect_client_credentials', 'redirect_uri_mismatch'] } }],
    throttled: [{ statuses: [403] }],
  },
  revocation: {
    url: 'https://api.github.com/applications/{clientId}/token',
    method: 'DELETE',
    format: 'json',
    clientAuth: 'basic',
    tokens: 'access',
    tokenParam: 'access_token',
    sendsHint: false,
    reach: 'token',
  },
  refreshTokens: {
    issued: 'never',
    remedy:
      'tokens of OAuth apps of GitHub end after a year without use; those of GitHub Apps are renewed',
    rotation: 'none',
    idleSeconds: 31_536_000,
    perAccount: 10,
  },
} as const satisfies Preset

import type { Account, Family, Issued } from './ledger.ts'
import type { TokenPrefixes } from './tokens.ts'

export type Json = Readonly<Record<string, unknown>>

/** An answer before it is encoded. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Null for an empty body. */
  readonly json: Json | null
}

/** What was refused, if a vendor has its own error for it. */
export type RefusedGrant = 'refresh_token' | 'authorization_code' | null

export type Dialect = {
  readonly prefixes: TokenPrefixes
  tokens(issued: Issued, sent: { readonly refreshToken: boolean }): Json
  /** Translates an error code of RFC 6749 §5.2 into the vendor's answer. */
  refusal(error: string, about: RefusedGrant): Reply
  userinfo(account: Account): Json
  deadAccessToken(): Reply
}

export type DialectName = 'standard' | 'slack' | 'github'

const standard: Dialect = {
  prefixes: { access: 'lat_', refresh: 'lrt_', code: 'lac_' },
  tokens: (issued, sent) => ({
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresInSeconds,
    ...(sent.refreshToken && issued.refreshToken !== null
      ? { refresh_token: issued.refreshToken }
      : {}),
    scope: issued.family.scope,
  }),
  refusal: (error) => ({
    status: STANDARD_STATUS[error] ?? 400,
    headers: error === 'invalid_client' ? { 'www-authenticate': 'Basic realm="scripted"' } : {},
    json: { error, error_description: `The request was refused: ${error}.` },
  }),
  userinfo: ({ id, email, name }) => ({ sub: id, email, email_verified: true, name }),
  deadAccessToken: () => ({
    status: 401,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    json: { error: 'invalid_token' },
  }),
}

const STANDARD_STATUS: Readonly<Record<string, number>> = {
  invalid_client: 401,
  server_error: 500,
  temporarily_unavailable: 503,
}

/** https://docs.slack.dev/reference/methods/oauth.v2.access and /authentication/using-token-rotation */
const slack: Dialect = {
  prefixes: { access: 'xoxe.xoxb-1-', refresh: 'xoxe-1-', code: '1.2.' },
  tokens: (issued, sent) => ({
    ok: true,
    app_id: 'A0KRD7HC3',
    ...(issued.refresh === 0 ? { authed_user: { id: 'U1234' } } : {}),
    scope: issued.family.scope.replaceAll(' ', ','),
    token_type: 'bot',
    access_token: issued.accessToken,
    bot_user_id: 'U0KRQLJ9H',
    ...(sent.refreshToken ? { refresh_token: issued.refreshToken } : {}),
    expires_in: issued.expiresInSeconds,
    team: { id: teamOf(issued.family), name: 'Acme' },
    enterprise: null,
    is_enterprise_install: false,
  }),
  refusal: (error, about) => slackError(slackCode(error, about)),
  userinfo: ({ id, name }) => ({
    ok: true,
    url: 'https://acme.slack.com/',
    team: 'Acme',
    user: name,
    team_id: 'T0001',
    user_id: id,
    is_enterprise_install: false,
  }),
  deadAccessToken: () => slackError('token_expired'),
}

function slackError(error: string): Reply {
  return { status: 200, headers: {}, json: { ok: false, error } }
}

function slackCode(error: string, about: RefusedGrant): string {
  if (error === 'invalid_grant') {
    return about === 'authorization_code' ? 'invalid_code' : 'invalid_refresh_token'
  }
  const words: Readonly<Record<string, string>> = {
    invalid_client: 'bad_client_secret',
    unsupported_grant_type: 'invalid_grant_type',
    invalid_request: 'invalid_arguments',
    temporarily_unavailable: 'service_unavailable',
    server_error: 'internal_error',
  }
  return words[error] ?? error
}

function teamOf({ index }: Family): string {
  return `T${String(index).padStart(4, '0')}`
}

/** https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens */
const github: Dialect = {
  prefixes: { access: 'ghu_', refresh: 'ghr_', code: 'ghc_' },
  tokens: (issued, sent) => ({
    access_token: issued.accessToken,
    expires_in: issued.expiresInSeconds,
    ...(sent.refreshToken
      ? { refresh_token: issued.refreshToken, refresh_token_expires_in: 15_897_600 }
      : {}),
    token_type: 'bearer',
    scope: '',
  }),
  refusal: (error, about) => {
    const code = githubCode(error, about)
    return { status: 200, headers: {}, json: { error: code, ...GITHUB_PROSE[code] } }
  },
  userinfo: ({ id, email, name }) => ({
    login: id,
    id: Number.parseInt(id.replaceAll(/\D/g, '') || '1', 10),
    name,
    email,
  }),
  deadAccessToken: () => ({
    status: 401,
    headers: {},
    json: { message: 'Bad credentials', status: '401' },
  }),
}

function githubCode(error: string, about: RefusedGrant): string {
  if (error === 'invalid_client') return 'incorrect_client_credentials'
  if (error !== 'invalid_grant') return error
  return about === 'authorization_code' ? 'bad_verification_code' : 'bad_refresh_token'
}

const GITHUB_PROSE: Readonly<Record<string, Json>> = {
  bad_refresh_token: {
    error_description: 'The refresh token passed is incorrect or expired.',
    error_uri: 'https://docs.github.com',
  },
  bad_verification_code: {
    error_description: 'The code passed is incorrect or expired.',
    error_uri: 'https://docs.github.com',
  },
  incorrect_client_credentials: {
    error_description: 'The client_id and/or client_secret passed are incorrect.',
    error_uri: 'https://docs.github.com',
  },
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = { standard, slack, github }

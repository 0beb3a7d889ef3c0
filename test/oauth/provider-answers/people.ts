import type { ProviderAnswer } from './provider-answer.ts'

const graph = (code: number, more: object = {}) => ({
  error: { message: '…', type: 'OAuthException', code, fbtrace_id: 'A', ...more },
})
const strava = (resource: string, field: string) => ({
  message: 'Bad Request',
  errors: [{ resource, field, code: 'invalid' }],
})
const fitbit = (errorType: string, message: string) => ({
  errors: [{ errorType, message }],
  success: false,
})

/** Where people are, by themselves: networks, video, sport. */
export const people: readonly ProviderAnswer[] = [
  ['facebook', 400, graph(190, { error_subcode: 460 }), 'grant_dead', 'docs'],
  ['facebook', 401, graph(190), 'grant_dead', 'docs'],
  ['facebook', 400, graph(101), 'ambiguous', 'docs'],
  ['facebook', 500, graph(2, { is_transient: true }), 'ambiguous', 'docs'],
  ['facebook', 400, graph(4), 'ambiguous', 'docs'],
  ['facebook', 503, graph(190), 'lost', 'general'],
  ['instagram', 400, graph(190), 'grant_dead', 'docs'],
  [
    'linkedin',
    400,
    {
      error: 'invalid_request',
      error_description:
        'The provided authorization grant or refresh token is invalid, expired or revoked',
    },
    'grant_dead',
    'reported',
  ],
  [
    'linkedin',
    400,
    {
      error: 'invalid_request',
      error_description: 'A required parameter "refresh_token" is missing',
    },
    'ambiguous',
    'seen: linkedin java-sample-application#6',
  ],
  [
    'linkedin',
    401,
    { serviceErrorCode: 65601, code: 'REVOKED_ACCESS_TOKEN' },
    'ambiguous',
    'seen: omniauth-linkedin-oauth2#81',
  ],
  [
    'x',
    400,
    { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' },
    'grant_dead',
    'reported',
  ],
  [
    'x',
    400,
    { error: 'invalid_request', error_description: 'Missing required parameter [grant_type].' },
    'ambiguous',
    'general',
  ],
  [
    'x',
    401,
    { error: 'unauthorized_client', error_description: 'Missing valid authorization header' },
    'client_config',
    'seen: node-twitter-api-v2#319',
  ],
  [
    'tiktok',
    200,
    {
      error: 'invalid_grant',
      error_description: 'Refresh token is invalid or expired.',
      log_id: '1',
    },
    'grant_dead',
    'docs',
  ],
  ['tiktok', 200, { error: 'invalid_client', log_id: '1' }, 'client_config', 'docs'],
  [
    'pinterest',
    401,
    { code: 283, message: 'The authorization grant is invalid' },
    'grant_dead',
    'seen: pinterest-python-sdk#114',
  ],
  ['pinterest', 400, { code: 1, message: 'Missing parameter' }, 'ambiguous', 'general'],
  ['pinterest', 401, { code: 2, message: 'Authentication failed.' }, 'ambiguous', 'general'],
  ['reddit', 400, { error: 'invalid_grant' }, 'grant_dead', 'reported'],
  ['reddit', 401, { message: 'Unauthorized', error: 401 }, 'ambiguous', 'docs'],
  [
    'spotify',
    400,
    { error: 'invalid_grant', error_description: 'Refresh token revoked' },
    'grant_dead',
    'reported',
  ],
  ['spotify', 400, { error: 'invalid_client' }, 'client_config', 'reported'],
  ['discord', 400, { error: 'invalid_grant' }, 'grant_dead', 'reported'],
  [
    'discord',
    429,
    { message: 'You are being rate limited.', retry_after: 1.5, global: false },
    'throttled',
    'docs',
    { 'retry-after': '2' },
  ],
  [
    'twitch',
    400,
    { status: 400, message: 'Invalid refresh token' },
    'grant_dead',
    'docs; seen: pyTwitchAPI#37',
  ],
  [
    'twitch',
    400,
    { error: 'Bad Request', status: 400, message: 'Invalid refresh token' },
    'grant_dead',
    'docs',
  ],
  [
    'twitch',
    400,
    { status: 400, message: 'missing client secret' },
    'client_config',
    'seen: twitchdev/issues#943',
  ],
  ['twitch', 403, { status: 403, message: 'invalid client secret' }, 'client_config', 'docs'],
  ['twitch', 400, { status: 400, message: 'missing refresh token' }, 'ambiguous', 'general'],
  ['strava', 400, strava('RefreshToken', 'refresh_token'), 'grant_dead', 'seen: dreeve#1449'],
  ['strava', 400, strava('Application', 'client_id'), 'client_config', 'seen: dreeve#372'],
  ['strava', 401, strava('Application', 'client_secret'), 'client_config', 'reported'],
  // The message repeats the refresh token: nothing of it may be quoted.
  [
    'fitbit',
    400,
    fitbit('invalid_grant', 'Refresh token invalid: rt-1-canary-5f3a.'),
    'grant_dead',
    'seen: fitbit-node#14, home-assistant/core#141223',
  ],
  [
    'fitbit',
    400,
    fitbit('invalid_request', 'Missing parameters: refresh_token'),
    'ambiguous',
    'seen: fitbit-node#7',
  ],
  [
    'fitbit',
    401,
    fitbit('invalid_client', 'Invalid authorization header.'),
    'client_config',
    'reported',
  ],
  ['yahoo', 400, { error: 'invalid_grant' }, 'grant_dead', 'reported'],
  ['apple', 400, { error: 'invalid_grant' }, 'grant_dead', 'docs'],
  ['apple', 400, { error: 'invalid_client' }, 'client_config', 'docs'],
  ['garmin', 400, { error: 'invalid_grant' }, 'grant_dead', 'RFC 6749 §5.2'],
]

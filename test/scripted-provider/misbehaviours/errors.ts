import type { Json } from '../dialects.ts'
import type { Misbehaviour } from '../misbehaviour.ts'

const refuse = (error: string, status?: number): Misbehaviour => ({
  act: 'refuse',
  error,
  ...(status === undefined ? {} : { status }),
})

const ok = (json: Json): Misbehaviour => ({ act: 'answer', status: 200, body: { json } })

/** Errors that are not true: the grant is valid. */
export const ERRORS = {
  'invalid-grant': refuse('invalid_grant'),
  'invalid-grant-401': refuse('invalid_grant', 401),
  'invalid-client': refuse('invalid_client'),
  'invalid-client-without-challenge': {
    act: 'answer',
    status: 401,
    body: { json: { error: 'invalid_client' } },
  },
  'unauthorized-client': refuse('unauthorized_client'),
  'invalid-request': refuse('invalid_request'),
  'unsupported-grant-type': refuse('unsupported_grant_type'),
  'invalid-scope': refuse('invalid_scope'),
  'temporarily-unavailable': refuse('temporarily_unavailable'),
  'server-error-400': refuse('server_error', 400),
  'unknown-error': refuse('the_moon_is_full', 400),
  'error-is-object': {
    act: 'answer',
    status: 400,
    body: { json: { error: { code: 190, message: 'Error validating access token' } } },
  },
  'error-with-200': ok({ error: 'temporarily_unavailable' }),
  'invalid-grant-with-200': refuse('invalid_grant', 200),
  'not-ok-with-200': ok({ ok: false, error: 'fatal_error' }),
  'tokens-and-error-with-200': { act: 'edit', set: { error: 'server_error' } },
} as const satisfies Record<string, Misbehaviour>

/** Answers with a secret in them, which must not be logged. */
export const ECHOES = {
  'echo-refresh-token-in-description': {
    act: 'answer',
    status: 400,
    body: {
      json: { error: 'invalid_request', error_description: 'cannot use {{refresh_token}} now' },
    },
  },
  'echo-refresh-token-as-error': {
    act: 'answer',
    status: 400,
    body: { json: { error: '{{refresh_token}}' } },
  },
  'echo-secret-in-body': {
    act: 'answer',
    status: 400,
    body: { json: { error: 'invalid_request', client_secret: '{{client_secret}}' } },
  },
  'echo-secret-in-success': { act: 'edit', set: { client_secret: '{{client_secret}}' } },
  'echo-request-in-html': {
    act: 'answer',
    status: 500,
    body: { text: '<pre>could not process {{request}}</pre>', type: 'text/html' },
  },
  'echo-tokens-in-broken-json': {
    act: 'answer',
    status: 200,
    body: {
      text: '{"access_token": {{access_token}}, {{refresh_token}}',
      type: 'application/json',
    },
    processed: true,
  },
  'echo-refresh-token-in-header': {
    act: 'answer',
    status: 500,
    body: 'empty',
    headers: { 'x-debug': 'refresh_token={{refresh_token}}' },
  },
  'echo-refresh-token-in-location': {
    act: 'answer',
    status: 302,
    body: 'empty',
    headers: { location: '{{sink}}/token?refresh_token={{refresh_token}}' },
  },
} as const satisfies Record<string, Misbehaviour>
